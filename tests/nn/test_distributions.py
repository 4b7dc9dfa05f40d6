"""nn.distributions: each density sums to one, samples have its moments, divergences are what they say they are.

The formulas themselves are compared with PyTorch's by tests/autograd/torch/test_reference.py, through torch's names.
"""

import numpy as np
import pytest

import nn.distributions as D
from autograd import Tensor, grad, manual_seed

from ..arrays import Device

NUMBERS = [
    D.Normal(0.3, 1.7), D.LogNormal(0.2, 0.4), D.HalfNormal(1.3), D.Uniform(-1.0, 2.0), D.Exponential(1.5),
    D.Laplace(0.5, 1.2), D.Gumbel(0.1, 0.8), D.Gamma(2.5, 1.3), D.Beta(2.0, 3.0), D.StudentT(5.0, 0.3, 1.2),
    D.TransformedDistribution(D.Normal(0.1, 0.5), [D.ExpTransform(), D.AffineTransform(0.5, 2.0)]),
    D.MixtureSameFamily(D.Categorical(np.array([0.3, 0.7])), D.Normal(np.array([-1.0, 2.0]), np.array([0.5, 1.0]))),
    D.Chi2(3.0), D.InverseGamma(6.0, 3.0), D.Weibull(1.2, 1.7), D.Pareto(1.0, 6.0), D.Kumaraswamy(2.0, 3.0),
    D.RelaxedBernoulli(0.7, 0.3), D.ContinuousBernoulli(0.2), D.ContinuousBernoulli(0.4999),
    D.FisherSnedecor(5.0, 12.0),
    D.GeneralizedPareto(0.5, 1.0, 0.1), D.GeneralizedPareto(0.0, 2.0, -0.3), D.GeneralizedPareto(0.0, 1.0, 0.0),
]  # fmt: skip
POSITIVE = (D.LogNormal, D.Exponential, D.Gamma, D.HalfNormal, D.Chi2, D.InverseGamma, D.Weibull, D.Pareto,
            D.FisherSnedecor)  # fmt: skip
COUNTS = [D.Poisson(2.5), D.Bernoulli(0.3), D.Geometric(0.4), D.Binomial(6, 0.3), D.NegativeBinomial(3.0, 0.4)]


def known(d, what):
    try:
        return getattr(d, what)
    except NotImplementedError:
        return None


@pytest.mark.parametrize("d", NUMBERS + COUNTS, ids=lambda d: type(d).__name__)
def test_the_density_sums_to_one_and_gives_the_moments(d):
    whole = d in COUNTS
    x = np.arange(60.0) if whole else np.linspace(-60.0, 60.0, 1_200_001)
    if type(d) in POSITIVE:
        x = x[x > 0]
    if type(d) is D.GeneralizedPareto:
        end = 200.0 if d.concentration >= 0 else d.loc - d.scale / d.concentration
        x = np.linspace(float(d.loc), float(end), 1_200_001)[1:-1]
    if type(d) in (D.Beta, D.Kumaraswamy, D.RelaxedBernoulli, D.ContinuousBernoulli):
        x = np.linspace(0, 1, 100_001)[1:-1]
    if type(d) is D.TransformedDistribution:
        x = np.linspace(0.5, 60, 600_001)[1:]
    if whole:
        x = x[: {D.Bernoulli: 2, D.Binomial: 7}.get(type(d), 60)]
    weights = np.exp(np.asarray(d.log_prob(x), float)) * (1 if whole else x[1] - x[0])
    assert np.isclose(weights.sum(), 1, 1e-3)
    for what, expected in (
        ("mean", (weights * x).sum()),
        ("variance", (weights * (x - (weights * x).sum()) ** 2).sum()),
    ):
        if (found := known(d, what)) is not None:
            assert np.isclose(found, expected, 0.02, 1e-3), what


@pytest.mark.parametrize("d", NUMBERS + COUNTS, ids=lambda d: type(d).__name__)
def test_samples_have_the_moments(d):
    drawn = d.sample((20000,), rng=np.random.default_rng(0))
    assert isinstance(drawn, Tensor)
    assert drawn.dtype == d.log_prob(drawn.data).dtype
    for what, found in (("mean", drawn.mean()), ("variance", drawn.var())):
        if (expected := known(d, what)) is not None:
            assert np.isclose(found.item(), expected, 0.08, 0.03), what


def test_the_gradient_through_samples_is_that_of_the_mean():
    def mean(loc):
        return (D.Normal(loc, 1.0).rsample((4000,), rng=np.random.default_rng(0)) ** 2).mean()

    assert np.isclose(grad(mean)(0.5), 1.0, 0.1)
    with pytest.raises(NotImplementedError, match="no gradient flows"):
        D.Poisson(1.0).rsample()


DRAWN = [
    (D.Gamma, (2.0, 3.0), lambda a, b: a / b + a * (a + 1) / b**2),
    (D.Beta, (0.7, 2.0), lambda a, b: a / (a + b) + a * (a + 1) / ((a + b) * (a + b + 1))),
    (D.Chi2, (3.0,), lambda n: n + n * (n + 2)),
    (D.InverseGamma, (6.0, 2.0), lambda a, b: b / (a - 1) + b**2 / ((a - 1) * (a - 2))),
    (D.StudentT, (9.0, 0.5, 2.0), lambda n, m, s: m + m**2 + s**2 * n / (n - 2)),
    (D.FisherSnedecor, (4.0, 20.0), lambda m, n: n / (n - 2) + n**2 * (m + 2) / (m * (n - 2) * (n - 4))),
    (D.GeneralizedPareto, (0.5, 2.0, -0.4), lambda m, s, k: m + s / (1 - k) + m**2 + 2 * m * s / (
        1 - k) + 2 * s**2 / ((1 - k) * (1 - 2 * k))),
]  # fmt: skip


@pytest.mark.parametrize(("family", "given", "moments"), DRAWN, ids=lambda part: getattr(part, "__name__", ""))
def test_gradients_through_samples_are_those_of_the_first_two_moments(family, given, moments):
    """By every parameter; also by those that no formula makes samples of, such as a gamma's concentration."""

    def drawn(*given):
        x = family(*given).rsample((200_000,), rng=np.random.default_rng(1))
        return x.mean() + (x * x).mean()

    places = tuple(range(len(given)))
    found = grad(drawn, places)(*map(np.array, given))
    expected = grad(moments, places)(*map(np.array, given))
    assert np.allclose(found, expected, 0.05, 0.03)


def test_shares_of_several_move_with_their_concentrations():
    a = np.array([0.5, 2.0, 3.0])

    def mean(a):
        return (D.Dirichlet(a).rsample((50_000,), rng=np.random.default_rng(0)).mean(0) * np.array([1.0, 0, 0])).sum()

    assert np.allclose(grad(mean)(a), [5 / 5.5**2, -0.5 / 5.5**2, -0.5 / 5.5**2], 0.05, 1e-3)
    tiny = D.Dirichlet(np.full(3, 1e-3, np.float32)).sample((100,), rng=np.random.default_rng(0)).data
    assert np.allclose(tiny.sum(-1), 1)


def test_covariances_and_correlations():
    v, rng = np.array([[2.0, 0.3], [0.3, 1.0]]), np.random.default_rng(0)
    d = D.Wishart(3.5, v)
    x = d.sample((40_000,), rng=rng).data
    assert np.allclose(x.mean(0), d.mean, 0.03, 0.03)
    assert np.allclose(x.var(0), d.variance, 0.05)
    assert np.isclose(-d.log_prob(x).mean(), d.entropy(), 0.01)
    stats = pytest.importorskip("scipy.stats")
    assert np.allclose(d.log_prob(x[:5]), stats.wishart(3.5, v).logpdf(np.moveaxis(x[:5], 0, -1)))
    assert np.isclose(d.entropy(), stats.wishart(3.5, v).entropy())
    for other in (D.Wishart(3.5, precision_matrix=np.linalg.inv(v)), D.Wishart(3.5, scale_tril=np.linalg.cholesky(v))):
        assert np.allclose(other.log_prob(x[0]), d.log_prob(x[0]))
    assert np.allclose(d.mode, 0.5 * v)
    assert np.isnan(D.Wishart(2.5, v).mode).all()
    g = grad(lambda n: D.Wishart(n, v).rsample((20_000,), rng=np.random.default_rng(0)).mean(0)[0, 0])(np.array(3.5))
    assert np.isclose(g, 2.0, 0.05)
    wide = d.expand((3, 2))
    assert wide.sample((4,)).shape == (4, 3, 2, 2, 2)
    assert np.allclose(wide.log_prob(x[0]), d.log_prob(x[0]))
    for given, said in (((3.5,), "expected one of"), ((1.0, v), "expected df above 1")):
        with pytest.raises(ValueError, match=said):
            D.Wishart(*given)


@pytest.mark.parametrize(("n", "eta"), [(2, 1.0), (3, 1.0), (4, 0.7), (5, 2.0)])
def test_correlations_have_the_variance_that_their_density_gives(n, eta):
    """1 / (2 eta + n - 1), each of them (Lewandowski, Kurowicka, Joe 2009); PyTorch's samples have not."""
    d = D.LKJCholesky(n, eta)
    triangles = d.sample((60_000,), rng=np.random.default_rng(0)).data.astype(float)
    spread = (triangles @ np.swapaxes(triangles, 1, 2)).var(0)[np.tril_indices(n, -1)]
    assert np.allclose(spread, 1 / (2 * eta + n - 1), 0.03)
    assert np.array_equal(np.triu(triangles, 1), np.zeros_like(triangles))


def test_the_density_of_correlations_sums_to_one():
    for eta in (0.8, 2.0):
        r = np.linspace(-1, 1, 20_001)[1:-1]
        root = np.sqrt(1 - r**2)
        rows = np.stack([np.stack([np.ones_like(r), np.zeros_like(r)], -1), np.stack([r, root], -1)], -2)
        density = np.exp(D.LKJCholesky(2, np.array(eta)).log_prob(rows))
        assert np.isclose(density.sum() * (r[1] - r[0]), 1, 0.02)
    with pytest.raises(ValueError, match="dim of 2"):
        D.LKJCholesky(1)


def test_quantiles_of_what_has_them():
    u = np.linspace(0.01, 0.99, 9)
    for d in (D.ContinuousBernoulli(np.array(0.2)), D.ContinuousBernoulli(np.array(0.5)),
              *[D.GeneralizedPareto(np.array(0.5), 2.0, k) for k in (-0.4, 0.0, 0.8)]):  # fmt: skip
        assert np.allclose(d.cdf(d.icdf(u)), u)
        x = d.icdf(u)
        slope = [grad(lambda x, d=d: d.cdf(x))(value) for value in x]
        assert np.allclose(np.log(slope), d.log_prob(x))
    tail = D.GeneralizedPareto(np.array(0.0), 1.0, 0.5)
    assert np.isclose(np.exp(tail.log_survival_function(2.0)) + np.exp(tail.log_cdf(2.0)), 1)


def test_vectors_and_one_of_several():
    a = np.array([[2.0, 0.0], [1.0, 1.5]])
    d = D.MultivariateNormal(np.array([1.0, -1.0]), scale_tril=a)
    drawn = d.sample((20000,), rng=np.random.default_rng(0)).data
    assert np.allclose(np.cov(drawn.T), a @ a.T, 0.05, 0.05)
    assert np.allclose(d.precision_matrix @ d.covariance_matrix, np.eye(2))
    one = D.Categorical(np.array([[0.2, 0.8], [0.5, 0.5]]))
    picked = one.sample((5000,), rng=np.random.default_rng(0)).data
    assert picked.shape == (5000, 2)
    assert np.allclose(picked.mean(0), [0.8, 0.5], atol=0.03)
    assert D.OneHotCategorical(np.array([1.0, 3.0])).sample((3,)).data.sum(-1).tolist() == [1, 1, 1]
    shares = D.Dirichlet(np.array([1.0, 2.0, 3.0]))
    assert np.allclose(shares.sample((9000,), rng=np.random.default_rng(0)).data.mean(0), shares.mean, atol=0.02)
    counts = D.Multinomial(5, np.array([1.0, 3.0])).sample((4000,), rng=np.random.default_rng(0)).data
    assert np.allclose(counts.sum(-1), 5)
    assert np.allclose(counts.mean(0), [1.25, 3.75], atol=0.05)
    angles = D.VonMises(3.0, 4.0).sample((9000,), rng=np.random.default_rng(0)).data
    assert abs(angles).max() <= np.pi
    assert np.isclose(1 - abs(np.exp(1j * angles).mean()), D.VonMises(3.0, 4.0).variance, atol=0.01)
    assert np.isclose(np.angle(np.exp(1j * angles).mean()), 3.0, atol=0.02)


def test_gradients_flow_through_choices_that_are_softened_or_straight_through():
    logits = Tensor([0.5, -0.5, 0.0], requires_grad=True)
    soft = D.RelaxedOneHotCategorical(1e-2, logits=logits).rsample((3000,), rng=np.random.default_rng(0))
    assert np.allclose(soft.data.sum(-1), 1)
    assert np.allclose((soft.data > 0.5).mean(0), np.exp(logits.data) / np.exp(logits.data).sum(), atol=0.03)
    hard = D.OneHotCategoricalStraightThrough(logits=logits)
    drawn = hard.rsample((4,), rng=np.random.default_rng(0))
    assert set(drawn.data.round(6).ravel().tolist()) == {0.0, 1.0}
    (through,) = grad(drawn[:, 0].sum(), [logits], retain_graph=True)
    (expected,) = grad(hard.probs[0] * 4, [logits])
    assert np.allclose(through, expected)
    with pytest.raises(NotImplementedError, match="entropy"):
        D.RelaxedBernoulli(1.0, 0.3).entropy()
    with pytest.raises(ValueError, match="as many elements"):
        D.ReshapeTransform((4,), (3,))


PAIRS = [
    (D.Normal(0.3, 1.2), D.Normal(0.0, 2.0)), (D.LogNormal(0.3, 0.5), D.LogNormal(0.0, 0.7)),
    (D.Gamma(2.0, 1.0), D.Gamma(3.0, 2.0)), (D.Beta(2.0, 3.0), D.Beta(1.5, 1.0)),
    (D.Laplace(0.2, 1.0), D.Laplace(0.0, 2.0)), (D.Uniform(0.0, 1.0), D.Uniform(-1.0, 2.0)),
    (D.Exponential(1.0), D.Exponential(2.0)), (D.Poisson(2.0), D.Poisson(3.0)), (D.Bernoulli(0.3), D.Bernoulli(0.6)),
    (D.Geometric(0.4), D.Geometric(0.3)),
    (D.ContinuousBernoulli(0.3), D.ContinuousBernoulli(0.5)), (D.Binomial(5, 0.3), D.Binomial(5, 0.5)),
    (D.Dirichlet(np.array([1.0, 2.0])), D.Dirichlet(np.array([2.0, 2.0]))),
    (D.Independent(D.Normal(np.zeros(2), 1.0), 1), D.Independent(D.Normal(np.ones(2), 2.0), 1)),
    (D.MultivariateNormal(np.zeros(2), np.eye(2)), D.MultivariateNormal(np.ones(2), np.diag([2.0, 1.0]))),
]  # fmt: skip


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=lambda d: type(d).__name__)
def test_the_divergence_is_the_mean_of_the_difference_of_logarithms(p, q):
    x = p.sample((40000,), rng=np.random.default_rng(0)).data
    assert np.isclose(D.kl_divergence(p, q), (p.log_prob(x) - q.log_prob(x)).mean(), 0.05, 0.01)
    assert np.isclose(D.kl_divergence(p, p), 0, atol=1e-6)


def test_a_larger_batch():
    for d in (D.Normal(0.5, 1.0), D.Bernoulli(0.3), D.Binomial(4, 0.3), D.Dirichlet(np.array([1.0, 2.0])),
              D.Categorical(np.array([1.0, 3.0])), D.MultivariateNormal(np.zeros(2), np.eye(2)),
              D.Independent(D.Normal(np.zeros(2), 1.0), 1), D.LogisticNormal(np.zeros(2), 1.0), D.Chi2(3.0),
              D.LowRankMultivariateNormal(np.zeros(2), np.ones((2, 1)), np.ones(2)), D.NegativeBinomial(2.0, 0.4),
              D.Multinomial(4, np.array([1.0, 3.0]))):  # fmt: skip
        wide = d.expand((3, 2))
        assert wide.batch_shape == (3, 2)
        assert wide.event_shape == d.event_shape
        x = d.sample(rng=np.random.default_rng(0)).data
        assert np.allclose(wide.log_prob(x), np.full((3, 2), d.log_prob(x)))
        assert wide.sample((4,)).shape == (4, 3, 2, *d.event_shape)


def test_a_pair_without_a_formula():
    with pytest.raises(NotImplementedError, match="LogNormal and Normal"):
        D.kl_divergence(D.LogNormal(0.0, 1.0), D.Normal(0.0, 1.0))

    class Own(D.Normal):
        pass

    assert D.kl_divergence(Own(0.0, 1.0), D.Normal(0.0, 1.0)) == 0
    D.register_kl(Own, Own)(lambda p, q: "mine")
    assert D.kl_divergence(Own(0.0, 1.0), Own(0.0, 1.0)) == "mine"


def test_transforms_and_their_inverses():
    x = np.linspace(0.2, 0.9, 5)
    for t in (D.ExpTransform(), D.SigmoidTransform(), D.TanhTransform(), D.SoftplusTransform(), D.PowerTransform(3.0),
              D.AffineTransform(1.0, -2.0), D.ComposeTransform([D.ExpTransform(), D.TanhTransform()])):  # fmt: skip
        y = t(x)
        assert np.allclose(t.inv(y), x)
        slope = [grad(t)(value) for value in x]
        assert np.allclose(t.log_abs_det_jacobian(x, y), np.log(np.abs(slope)))
        assert np.allclose(t.inv.log_abs_det_jacobian(y, x), -np.log(np.abs(slope)))


def test_what_is_given_wrongly():
    with pytest.raises(TypeError, match="expected loc, scale"):
        D.Normal(1.0)
    with pytest.raises(ValueError, match="got both"):
        D.Bernoulli(0.5, 0.5)
    with pytest.raises(NotImplementedError, match="no formula is known for mean"):
        D.Cauchy(0.0, 1.0).mean  # noqa: B018
    assert repr(D.Exponential(2.0)) == "Exponential(rate: 2.0)"
    assert not hasattr(D.Normal(0.0, 1.0), "base_dist")
    assert np.isclose(D.Categorical(np.array([0.25, 0.75])).log_prob(1), np.log(0.75))


def test_a_distribution_of_ones_own_in_the_form_of_pytorchs():
    class Shifted(D.Distribution):
        def __init__(self, loc):
            self.loc = loc
            super().__init__(loc.shape, validate_args=False)

        def rsample(self, sample_shape=()):
            return self.loc + np.ones(self._extended_shape(sample_shape))

    d = Shifted(Tensor([1.0, 2.0], requires_grad=True))
    assert (d.batch_shape, d.event_shape) == ((2,), ())
    assert d.rsample((3,)).requires_grad
    drawn = d.sample((3,))
    assert not drawn.requires_grad
    assert drawn.data[0].tolist() == [2.0, 3.0]


def test_what_distributions_of_ones_own_are_written_with():
    utils = D.utils
    one, two = utils.broadcast_all(np.ones((2, 1), np.float32), 3)
    assert one.shape == two.shape == (2, 1)
    assert two.dtype == np.float32
    probs = np.array([0.0, 0.25, 1.0])
    assert np.isfinite(utils.probs_to_logits(probs, is_binary=True)).all()
    assert np.allclose(utils.logits_to_probs(utils.probs_to_logits(probs, True), True), probs)
    shares = np.array([[0.2, 0.8]])
    assert np.allclose(utils.logits_to_probs(utils.probs_to_logits(shares)), shares)
    said = D.constraints
    assert repr(said.greater_than(0)) == "greater_than()"
    assert not hasattr(said, "positiv")


ELSEWHERE = {
    "Normal": lambda t: D.Normal(t([0.3, 0.1]), t([1.7, 1.0])),
    "Uniform": lambda t: D.Uniform(t(-1.0), t(2.0)),
    "Laplace": lambda t: D.Laplace(t(0.5), t(1.2)),
    "Gumbel": lambda t: D.Gumbel(t(0.1), t(0.8)),
    "Pareto": lambda t: D.Pareto(t(1.0), t(6.0)),
    "HalfCauchy": lambda t: D.HalfCauchy(t(1.2)),
    "Bernoulli": lambda t: D.Bernoulli(logits=t(0.3)),
    "Geometric": lambda t: D.Geometric(t(0.4)),
    "Categorical": lambda t: D.Categorical(t([0.3, 0.7])),
    "OneHotCategorical": lambda t: D.OneHotCategorical(logits=t([0.3, 0.7])),
    "MultivariateNormal": lambda t: D.MultivariateNormal(t([0.0, 1.0]), t([[1.0, 0.2], [0.2, 2.0]])),
    "low rank": lambda t: D.LowRankMultivariateNormal(t([0.0, 1.0]), t([[1.0], [0.2]]), t([0.5, 0.4])),
    "RelaxedBernoulli": lambda t: D.RelaxedBernoulli(0.7, t(0.3)),
    "RelaxedOneHotCategorical": lambda t: D.RelaxedOneHotCategorical(0.7, t([0.3, 0.7])),
    "Independent": lambda t: D.Independent(D.Normal(t([0.3, 0.1]), 1.5), 1),
    "mixture": lambda t: D.MixtureSameFamily(D.Categorical(t([0.3, 0.7])), D.Normal(t([-1.0, 2.0]), 1.0)),
    "transformed": lambda t: D.TransformedDistribution(D.Normal(t(0.1), t(0.5)), D.ExpTransform()),
    "LogisticNormal": lambda t: D.LogisticNormal(t([0.3, 0.1]), t([0.5, 0.6])),
}
COUNTED = {
    "Gamma": lambda t: D.Gamma(t(2.5), t(1.3)),
    "Chi2": lambda t: D.Chi2(t(3.0)),
    "Dirichlet": lambda t: D.Dirichlet(t([1.3, 0.7])),
    "Poisson": lambda t: D.Poisson(t(2.5)),
    "Binomial": lambda t: D.Binomial(6, t(0.3)),
    "NegativeBinomial": lambda t: D.NegativeBinomial(3.0, t(0.4)),
    "Multinomial": lambda t: D.Multinomial(4, t([0.3, 0.7])),
}


@pytest.mark.parametrize("name", [*ELSEWHERE, *COUNTED])
def test_on_arrays_of_another_kind(name):
    """Nothing is converted but random numbers, which are NumPy's; what draws one by one by a parameter says so."""
    make = {**ELSEWHERE, **COUNTED}[name]

    def run(kind, at=None):
        manual_seed(3)
        leaves = []

        def t(value):
            leaves.append(Tensor(kind(np.array(value)), requires_grad=True))
            return leaves[-1]

        d = make(t)
        x = d.sample((3,)) if at is None else Tensor(kind(at))
        found = [x, d.log_prob(x)]
        found += [known(d, what) for what in ("mean", "variance", "mode")] if name in COUNTED else []
        slopes = grad(found[1].sum(), leaves, allow_unused=True)
        return [part for part in (*found, *slopes) if part is not None]

    expected = run(np.array)
    if name in COUNTED:
        with pytest.raises(TypeError, match="expected parameters in arrays of NumPy's"):
            run(Device)
    for got, wanted in zip(run(Device, expected[0].data if name in COUNTED else None), expected, strict=True):
        assert isinstance(got, Device) or isinstance(got.data, Device)
        np.testing.assert_allclose(getattr(got, "data", got)._array, getattr(wanted, "data", wanted), rtol=1e-12)
