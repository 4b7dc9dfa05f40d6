"""What is asked of torch and of autograd.torch alike: expressions by torch's names, and a program.

x is (3, 4), y is (3, 4) and positive, m is (4, 4), v is (4,), all float64 that require a gradient; i are indices
(3, 4), n is (2, 3) of int64, s is (3, 4) of float32.
"""

import math

EXPRESSIONS = """
x + y; x - 2; 3 / y; x ** 2; y ** 0.5; -x; x.abs(); x @ m; x % 2; 2 ** x; s * 2.5; s + x; n * 1.5; n / 2; n // 2
n + s[:2, :3]; x.exp(); torch.log(y); y.sqrt(); y.rsqrt(); x.sin(); x.tanh(); x.sigmoid(); torch.erf(x); y.lgamma()
y.digamma(); x.clamp(-0.5, 0.5); x.clamp(min=0); torch.clamp(x, max=y); x.relu(); torch.where(x > 0, x, y)
torch.lerp(x, y, 0.3); x.frac(); x.square(); y.reciprocal(); torch.atan2(x, y); torch.hypot(x, y)
torch.logaddexp(x, y); torch.xlogy(x, y); torch.addcmul(x, x, y, value=0.5); torch.addcdiv(x, x, y, value=2)
torch.maximum(x, y); x.add(y, alpha=3); x.sub(1); torch.div(x, y, rounding_mode="floor"); torch.fmod(x, 0.7)
torch.remainder(x, 0.7); torch.exp(n); torch.sqrt(n.abs()); x.sum(); x.sum(1); x.sum(dim=(0, 1))
x.mean(0, keepdim=True); x.std(); x.std(0); x.var(1, unbiased=False); x.var(dim=1); x.prod(1); x.amax(0); x.max()
x.max(1); x.min(dim=0, keepdim=True); x.median(); x.median(1); x.logsumexp(1); n.sum(); x.norm(); x.norm(1, 0)
torch.norm(x, dim=1); x.cumsum(0); x.cumprod(1); x.cummax(1); torch.logcumsumexp(x, 0); torch.softmax(x, 1)
x.log_softmax(0); x.argmax(1); x.argmin(); x.sort(1); x.sort(0, descending=True); x.argsort(1); x.topk(2, 1)
x.kthvalue(2, 1); torch.quantile(x, 0.3, dim=1); torch.var_mean(x, 0); torch.std_mean(x); x.count_nonzero(); x.all()
(x > 0).any(1); torch.aminmax(x); torch.trapezoid(x, dim=1); x.diff(dim=0); torch.renorm(x, 2, 0, 0.5)
torch.unique(n); torch.unique_consecutive(n, return_counts=True); torch.bincount(n.view(-1)); torch.cov(x); x.dist(y)
torch.searchsorted(y.detach().sort(1)[0], y.detach()); torch.histc(x.detach(), 4); torch.bucketize(n, torch.arange(3))
x.view(-1); x.view(2, 6); x.reshape(4, 3); x.flatten(); x.unsqueeze(1); x.unsqueeze(0).squeeze(); x.t(); x.T; x.mT
x.transpose(0, 1); x.permute(1, 0); x.expand(2, 3, 4); x.repeat(2, 1); x.repeat_interleave(2, 1); x.chunk(2, 1)
x.split([1, 3], dim=1); torch.cat([x, y], 1); torch.stack([x, y]); torch.hstack((x, y)); x.unbind(1)
x.narrow(1, 1, 2); x.flip(1); x.roll(1, 0); x.rot90(); x.tile(2); x.tril(); x.triu(1); m.diag(); v.diag()
torch.diag_embed(v); m.trace(); m.diagonal(); x.unflatten(1, (2, 2)); x.unfold(1, 2, 1); x.movedim(0, 1)
torch.block_diag(x, v); x.select(1, 2); torch.meshgrid(v, v, indexing="ij"); torch.cartesian_prod(v, v)
torch.combinations(v); torch.atleast_2d(v); x.numel(); x[0]; x[:, 1:3]; x[..., None]; x[[0, 0, 2]]; x[x > 0]; x[n]
x.gather(1, i); x.take(n); x.index_select(1, i[0]); x.masked_fill(x > 0, -1.0); x.masked_select(y > 1)
x.scatter(1, i.argsort(1), y); x.scatter_add(1, i, y); x.index_fill(0, i[0, :2], 2); x.scatter_reduce(1, i, y, "prod")
x.scatter_reduce(1, i, y, "amax", include_self=False); x.index_add(0, i[0, :3], y)
x.index_copy(0, torch.tensor([1]), y[:1]); x.index_put((i[0, :2],), v, accumulate=True); torch.nonzero(x > 0)
torch.fill(x, 2); x.take_along_dim(i, 1); torch.select_scatter(x, v, 0, 1); torch.slice_scatter(x, y[:, :2], 1, 1, 3)
x.put(torch.arange(6), y.reshape(-1)[:6]); torch.einsum("ij,jk->ik", x, m); torch.tensordot(x, m, dims=1)
torch.outer(v, v); torch.dot(v, v); torch.mv(m, v); torch.addmm(x, x, m, beta=0.5, alpha=2)
torch.bmm(x[None], m[None]); torch.kron(x, v); torch.cdist(x, y); m.matrix_exp(); m.det(); m.logdet(); m.inverse()
torch.linalg.solve(m, v); torch.linalg.norm(m); torch.linalg.norm(m, 2); m.slogdet(); torch.linalg.cholesky(m @ m.T)
torch.linalg.eigvalsh(m @ m.T); torch.linalg.svdvals(m); torch.linalg.pinv(x); m.lu(); torch.linalg.matrix_norm(m, 1)
torch.linalg.lu(m); torch.linalg.qr(m)[1].abs(); torch.linalg.vander(v); x.matmul(v)
torch.linalg.lstsq(x.T, y.T).solution; torch.linalg.multi_dot([x, m, m]); torch.linalg.cross(x[:, :3], y[:, :3])
torch.fft.rfft(x).abs(); torch.fft.ifft(x).real; torch.special.expit(x); torch.special.log_ndtr(x)
torch.special.entr(y); torch.special.i0e(x); torch.special.i1e(x); torch.special.xlog1py(x, y); torch.polygamma(1, y)
torch.mvlgamma(y + 2, 2); F.gelu(x); F.silu(x); F.softplus(x); F.leaky_relu(x, 0.2); F.elu(x); F.layer_norm(x, (4,))
F.normalize(x, dim=1); F.cross_entropy(x, i[:, 0]); F.mse_loss(x, y); F.smooth_l1_loss(x, y); F.linear(x, m)
F.pad(x, (1, 2)); F.one_hot(n, 4); F.binary_cross_entropy_with_logits(x, (y > 1).double())
F.kl_div(x.log_softmax(1), y.softmax(1), reduction="batchmean")
F.scaled_dot_product_attention(x[None], y[None], x[None], is_causal=True); F.max_pool1d(x, 2)
F.interpolate(x[None], 8); F.conv1d(x[None], y.view(2, 3, 2)); F.embedding(n, m); F.cosine_similarity(x, y)
F.batch_norm(x, None, None, training=True); torch.arange(5); torch.arange(1, 2, 0.25); torch.linspace(0, 1, 5)
torch.eye(3); torch.full((2, 2), 7); torch.ones(2, 3); torch.zeros_like(n); torch.tensor([1, 2.5])
torch.tensor([True]); torch.tensor(3); x.new_zeros(2); torch.tril_indices(3, 3); x.float(); x.long()
x.to(torch.float32); n.double(); n.type_as(s); (x > 0).int(); torch.result_type(n, 1.5); x.clone().add_(1).mul_(y)
torch.view_as_real(torch.stft(x.view(-1), 4, return_complex=True, window=torch.hann_window(4).double()))
torch.stft(x.repeat(1, 3), 6, 2, 4, center=False, normalized=True, onesided=False, return_complex=True).abs()
torch.istft(torch.stft(x.view(-1), 4, return_complex=True, pad_mode="constant"), 4, length=11) ** 2
torch.istft(torch.complex(x, y).view(1, 3, 4), 4, 2, window=torch.hamming_window(4).double(), normalized=True)
torch.bartlett_window(5); torch.blackman_window(6, periodic=False); torch.kaiser_window(5); torch.hamming_window(4)
torch.geqrf(m.detach()); torch.ormqr(*torch.geqrf(m.detach()), m); torch.orgqr(x.T, v[:3])
torch.ormqr(*torch.geqrf(m.detach()), x, left=False, transpose=True); torch.linalg.householder_product(x.T, v[:3])
torch.linalg.ldl_factor((m @ m.T).detach())
torch.linalg.ldl_solve(*torch.linalg.ldl_factor((m + m.T).detach()), m.data)
torch.linalg.lstsq(m[:, :3], m)[1]; torch.linalg.lstsq(m[:, :3], m, driver="gelsd")[1]
torch.linalg.ldl_factor(torch.zeros(0, 0)); x.view(-1).gather(0, n.view(-1)); torch.max(x, -1, keepdim=True)
x[:, None].max(1); x.norm(2, (0, 1), True); x.norm(dim=0); x.clamp(max=torch.tensor(0.5)); torch.where(x > 0, x, 0.0)
torch.linalg.lu_solve(*torch.linalg.lu_factor(m), x.T, adjoint=True)
torch.native_layer_norm(x, (4,), v, v, 1e-5); torch.native_group_norm(x, None, None, 3, 4, 1, 2, 1e-5)
torch.native_batch_norm(x, v, v, None, None, True, 0.1, 1e-5)
torch.native_batch_norm(x, v, None, v.detach(), y[0].detach(), False, 0.1, 1e-5)[0]
torch.batch_norm(x, v, v.detach(), y[0].detach(), y[1].detach(), False, 0.1, 1e-5, True); torch.layer_norm(x, (4,), v)
torch.instance_norm(x[None], None, None, None, None, True, 0.1, 1e-5, True); torch.embedding(m, n, padding_idx=1)
torch.kl_div(x.log_softmax(1), y.softmax(1), 2); F.layer_norm(input=x, normalized_shape=(4,), weight=v)
torch.dropout(x, p=0.5, train=False); torch.eye(3).fill_diagonal_(4); torch.as_strided(x, (2, 3), (4, 1), 1)
torch.unravel_index(n, (3, 4)); torch.range(1, 2, 0.5); torch.nuclear_norm(m); torch.frobenius_norm(x, 1)
torch.corrcoef(s.detach()); torch.cov(s); torch.block_diag(s, s); torch.is_floating_point(x); n.is_signed()
torch.autograd.functional.vjp(torch.exp, x, y); torch.autograd.functional.jvp(torch.sin, x.detach(), y.detach())
torch.autograd.functional.hvp(lambda t: (t**3).sum(), v.detach(), v.detach())
torch.autograd.functional.vhp(lambda a, b: (a * b * a).sum(), (v.data, v.data), (v.data, v.data))[1]
torch.mode(torch.tensor([[0.0, 0, 1], [float("nan"), 2, 2], [3, float("nan"), 4]]), 1); torch.clamp(x, x + 0 * y, y)
torch.clamp(x, max=x + 0 * y)
torch.vmap(torch.dot)(x, y); D.Normal(x, y).log_prob(y + 1); D.Normal(x, y).entropy(); D.Normal(x, y).cdf(y)
D.Normal(x, y).icdf(torch.full((4,), 0.3)); D.LogNormal(x, y).log_prob(y); D.LogNormal(x, y).mean
D.HalfNormal(y).log_prob(y)
D.HalfNormal(y).entropy(); D.Uniform(x, x + y).log_prob((x + y / 2).detach()); D.Uniform(x, x + y).variance
D.Exponential(y).log_prob(y); D.Exponential(y).entropy(); D.Laplace(x, y).log_prob(y); D.Laplace(x, y).cdf(y)
D.Cauchy(x, y).log_prob(y); D.Cauchy(x, y).entropy(); D.Gumbel(x, y).log_prob(y); D.Gumbel(x, y).mean
D.Gamma(y, y + 1).log_prob(y); D.Gamma(y, y + 1).entropy(); D.Beta(y, y + 1).log_prob(y / 3); D.Beta(y, y + 1).entropy()
D.Beta(y, y + 1).variance; D.Dirichlet(y).log_prob(y.softmax(1).detach()); D.Dirichlet(y).entropy(); D.Dirichlet(y).mean
D.StudentT(y + 2, x, y).log_prob(x.detach() + 1); D.Poisson(y).log_prob(torch.ones(4))
D.Bernoulli(y / 3).log_prob(torch.ones(4).double()); D.Bernoulli(logits=x).entropy()
D.Geometric(y / 3).log_prob(torch.ones(4))
D.Geometric(y / 3).entropy(); D.Binomial(5, y / 3).log_prob(torch.full((4,), 2.0)); D.Binomial(5, y / 3).variance
D.Categorical(y).log_prob(i[:, 0]); D.Categorical(logits=x).entropy(); D.Categorical(y).enumerate_support()
D.OneHotCategorical(logits=x).log_prob(torch.eye(4)[:3]); D.MultivariateNormal(v, m @ m.T).log_prob(x)
D.MultivariateNormal(v, scale_tril=m.tril() * m.tril().sign()).entropy(); D.Independent(D.Normal(x, y), 1).log_prob(y)
D.kl_divergence(D.Normal(x, y), D.Normal(y, y + 1)); D.kl_divergence(D.Gamma(y, y), D.Gamma(y + 1, y + 2))
D.kl_divergence(D.Beta(y, y), D.Beta(y + 1, y + 2)); D.kl_divergence(D.Dirichlet(y), D.Dirichlet(y + 1))
D.kl_divergence(D.Laplace(x, y), D.Laplace(y, y + 1)); D.kl_divergence(D.Uniform(x, x + y), D.Uniform(x - 1, x + 5))
D.kl_divergence(D.Bernoulli(logits=x), D.Bernoulli(y / 3)); D.kl_divergence(D.Categorical(y), D.Categorical(logits=x))
D.kl_divergence(D.Exponential(y), D.Exponential(y + 1)); D.kl_divergence(D.Poisson(y), D.Poisson(y + 1))
D.kl_divergence(D.MultivariateNormal(v, m @ m.T), D.MultivariateNormal(v * 2, m.data @ m.data.T * 2))
D.kl.kl_divergence(D.Independent(D.Normal(x, y), 1), D.Independent(D.Normal(y, y + 1), 1))
D.TransformedDistribution(D.Normal(x, y), [D.TanhTransform()]).log_prob(x.detach().tanh() / 2)
D.TransformedDistribution(D.Normal(x, y), D.transforms.ExpTransform().inv.inv).log_prob(y)
D.TransformedDistribution(D.Uniform(x - 9, y), [D.SigmoidTransform(), D.AffineTransform(1.0, y)]).log_prob(1 + y / 2)
D.TransformedDistribution(D.MultivariateNormal(v, m @ m.T), D.AffineTransform(v, v, event_dim=1)).log_prob(x)
D.SoftplusTransform().log_abs_det_jacobian(x, x); D.PowerTransform(2.0).inv(y)
D.ComposeTransform([D.ExpTransform(), D.PowerTransform(3.0)]).log_abs_det_jacobian(x, x.exp() ** 3)
D.MixtureSameFamily(D.Categorical(y), D.Normal(x, y)).log_prob(y[:, 0].detach())
D.MixtureSameFamily(D.Categorical(y), D.Normal(x, y)).variance
D.MixtureSameFamily(D.Categorical(y[:, 0]), D.Independent(D.Normal(x, y), 1)).log_prob(v)
D.MixtureSameFamily(D.Categorical(y[:, 0]), D.Independent(D.Normal(x, y), 1)).sample((2,)).shape
D.Normal(x, y).sample((2,)).shape; D.Categorical(y).sample((5,)).shape; D.Independent(D.Normal(x, y), 1).event_shape
D.Dirichlet(y).sample((2, 2)).shape; D.Gamma(y, y).sample().shape; D.MultivariateNormal(v, m @ m.T).rsample((2,)).shape
D.Chi2(y).log_prob(y + 1); D.Chi2(y + 1).entropy(); D.InverseGamma(y, y + 1).log_prob(y); D.InverseGamma(y, y).entropy()
D.InverseGamma(y + 3, y).variance; D.HalfCauchy(y).log_prob(y + 1); D.HalfCauchy(y).entropy(); D.HalfCauchy(y).cdf(y)
D.HalfCauchy(y).icdf(torch.full((4,), 0.3)); D.Weibull(y, y + 1).log_prob(y); D.Weibull(y, y + 1).entropy()
D.Weibull(y, y + 1).mean; D.Weibull(y, y + 1).variance; D.Weibull(y, y + 1).cdf(y); D.Pareto(y, y + 1).log_prob(y * 2)
D.Pareto(y, y + 1).entropy(); D.Pareto(y, y + 3).mean; D.Pareto(y, y + 3).variance; D.Pareto(y, y).mode
D.Kumaraswamy(y, y + 1).log_prob(y.detach() / 9); D.Kumaraswamy(y, y + 1).entropy(); D.Kumaraswamy(y, y + 1).mean
D.Kumaraswamy(y, y + 1).variance; D.VonMises(x, y).log_prob(y); D.VonMises(x, y).variance
D.VonMises(x, y * 99).log_prob(y); D.NegativeBinomial(y, logits=x).log_prob(y.detach().round())
D.NegativeBinomial(y, x.sigmoid()).variance; D.NegativeBinomial(y, logits=x).mean
D.NegativeBinomial(y + 2, logits=x).mode
D.Multinomial(5, logits=x).log_prob(torch.tensor([1.0, 0.0, 3.0, 1.0])); D.Multinomial(5, y).variance
D.Multinomial(5, y).sample((2,)).shape; D.RelaxedBernoulli(v[0].abs(), logits=x).log_prob(y.detach() / 9)
D.RelaxedOneHotCategorical(v[0].abs(), logits=x).log_prob(y.detach().softmax(-1)); D.Chi2(y).df
D.OneHotCategoricalStraightThrough(logits=x).rsample().sum(-1)
D.LowRankMultivariateNormal(v, m[:, :2], v.abs()).log_prob(x)
D.LowRankMultivariateNormal(v, m[:, :2], v.abs()).entropy()
D.LowRankMultivariateNormal(v, m[:, :2], v.abs()).covariance_matrix
D.LogisticNormal(x, y).log_prob(torch.tensor([0.1, 0.2, 0.3, 0.1, 0.3])); D.LogisticNormal(x, y).sample((2,)).shape
D.transforms.StickBreakingTransform()(x); D.StickBreakingTransform().inv(y.softmax(-1))
D.StickBreakingTransform().log_abs_det_jacobian(x, D.StickBreakingTransform()(x)); D.SoftmaxTransform()(x)
D.AbsTransform()(x); D.IndependentTransform(D.ExpTransform(), 1).log_abs_det_jacobian(x, x.exp())
D.TransformedDistribution(D.Normal(x, y), [D.StickBreakingTransform(), D.AffineTransform(1.0, 2.0)]).event_shape
D.TransformedDistribution(D.Independent(D.Normal(x, y), 1), D.ReshapeTransform((4,), (2, 2))).log_prob(m[:2, :2])
D.FisherSnedecor(y, y + 1).log_prob(y.detach() * 2); D.FisherSnedecor(y + 2, y + 5).mean
D.FisherSnedecor(y + 2, y + 5).variance; D.FisherSnedecor(y + 2, y).mode; D.GeneralizedPareto(x, y, y / 9).mean
D.GeneralizedPareto(x.float(), y.float(), y.float() / 9).log_prob(x.detach().float() + y.detach().float())
D.GeneralizedPareto(x.float(), y.float(), y.float() / 9).cdf((x + y).float())
D.GeneralizedPareto(x, y, -y / 9).icdf(torch.full((4,), 0.3)); D.GeneralizedPareto(x, y, y / 9).variance
D.GeneralizedPareto(x.float(), y.float(), s * 0).log_prob(x.detach().float() + 1)
D.GeneralizedPareto(x, y, y).entropy()
D.GeneralizedPareto(x.float(), y.float(), y.float()).log_survival_function(s + 1)
D.GeneralizedPareto(x.float(), y.float(), y.float()).log_cdf(s + 1)
D.ContinuousBernoulli(y / 3).log_prob(y.detach() / 9); D.ContinuousBernoulli(logits=x).mean
D.ContinuousBernoulli(logits=x).variance; D.ContinuousBernoulli(logits=x).entropy(); D.ContinuousBernoulli(y / 3).probs
D.ContinuousBernoulli(y / 3).icdf(torch.full((4,), 0.3)); D.ContinuousBernoulli(y / 3).cdf(y.detach() / 9)
D.ContinuousBernoulli(logits=x / 999).log_prob(y.detach() / 9); D.ContinuousBernoulli(logits=x / 999).variance
D.kl_divergence(D.ContinuousBernoulli(logits=x), D.ContinuousBernoulli(y / 3))
D.Wishart(v[0].abs() + 4, m @ m.T).log_prob((m @ m.T).detach() + m.data.diagonal().diag())
D.Wishart(v[0].abs() + 4, m @ m.T).entropy(); D.Wishart(v.abs() + 5, m @ m.T).mean; D.Wishart(v.abs() + 5, m @ m.T).mode
D.Wishart(v.abs() + 5, m @ m.T).variance; D.Wishart(v.abs() + 4, precision_matrix=m @ m.T).covariance_matrix
D.Wishart(v.abs() + 4, m @ m.T).rsample((2,)).shape; D.LKJCholesky(4, v.abs()).sample((2,)).shape
D.LKJCholesky(2, v.abs() + 0.1).log_prob(torch.tensor([[1, 0], [0.6, 0.8]], dtype=torch.float64))
D.StudentT(y + 2, x, y).rsample().requires_grad; D.Beta(y, y).rsample((2,)).shape; D.Dirichlet(y).has_rsample
D.Poisson(y).sample().shape; D.Binomial(3, y / 3).sample((2,)).shape; D.OneHotCategorical(y).sample().sum(1)
torch.einsum("...ik, ...j -> ij", x[None], v); torch.einsum("...ij->j", x.view(2, 2, 3)); x.gather(1, i[:, :0])
torch.tensordot(x[:, :1], m, dims=([1], [0])); torch.istft(torch.complex(x, y).T.reshape(4, 3), 4)
x.as_strided((2, 2), (1, 2)); x.T.as_strided((2, 2), (4, 1)); x.detach()[1:].as_strided((2,), (2,), 1)
torch.as_strided_copy(x, (2,), (3,), 1)
torch.trapezoid(n, dim=0); torch.gradient(n[0]); F.tanhshrink(n); F.pairwise_distance(n, n + 1); torch.float_power(n, 2)
torch.special.chebyshev_polynomial_t(n, n); torch.heaviside(n, n); n.round(); (n > 0).sign(); (n > 0).conj()
(n > 0).masked_fill(n > 1, 10); n.scatter_reduce(1, n, n, "amax", include_self=False); (n > 0).square()
n.scatter_reduce(1, n, n, "mean"); torch.addmm(n, n[:, :2], n, beta=0.5, alpha=2); n.view(-1).bincount()
F.softsign(torch.complex(x, y)).abs(); torch.logdet(torch.complex(m, m)).real
torch.linalg.lu(torch.complex(x, y))[0].real
torch.randn(2, dtype=torch.complex64).dtype; torch.tril_indices(2, 2, dtype=torch.int32); x.detach().view(torch.int64)
x.detach().clone().narrow(1, 0, 2).fill_(1); m.detach().clone().diagonal().fill_(0)
F.leaky_relu_(x * 1, 0.2); F.elu_(x * 1)
(x * 1).unsqueeze_(0); (x * 1).squeeze_(); (x * 1).t_(); (x * 1).transpose_(0, 1) * y.T; (x * 1).flip(0).fill_(1)
x.positive(); n.clone().zero_(); n.clone().copy_(x.detach()[:2, :3]); x.unfold(1, 2, 2); x.narrow(0, -2, 1)
x.clone().clamp_(0, 1); x.clone().fill_(3); (x * 1).masked_fill_(x > 0, 0); (x * 1).zero_(); x.clone().copy_(v)
s.clone().sub_(1, alpha=2); x.data; x.detach() * 2; torch.ones(2, 2).tril_().t(); x.dim(); x.size(1)
"""
PROGRAM = """
class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)
        self.heads = heads
        self.register_buffer("mask", torch.tril(torch.ones(8, 8)).view(1, 1, 8, 8))

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = self.c_attn(self.norm(x)).split(C, dim=2)
        q, k, v = (t.view(B, T, self.heads, C // self.heads).transpose(1, 2) for t in (q, k, v))
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = att.masked_fill(self.mask[:, :, :T, :T] == 0, float("-inf"))
        y = F.softmax(att, dim=-1) @ v
        return x + self.c_proj(y.transpose(1, 2).contiguous().view(B, T, C))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(11, 16)
        self.blocks = nn.Sequential(*[Block(16, 2) for _ in range(2)], nn.GELU())
        self.rnn = nn.GRU(16, 8, batch_first=True)
        self.head = nn.Linear(8, 11)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, tokens, targets):
        x, _ = self.rnn(self.blocks(self.embed(tokens)))
        logits = self.head(x) * self.scale
        return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.reshape(-1))


def run():
    net = Net()
    with torch.no_grad():
        for k, p in enumerate(net.parameters()):
            p.copy_(torch.cos(torch.arange(p.numel()) * 1.7 + k).view(p.shape) * 0.3)
    decay = [p for p in net.parameters() if p.dim() >= 2]
    rest = [p for p in net.parameters() if p.dim() < 2]
    groups = [{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-2)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 4, 0.5)
    tokens = torch.arange(27).remainder(11).view(3, 9)
    losses = []
    for step in range(8):
        loss = net(tokens[:, :-1], tokens[:, 1:])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    for p in net.parameters():
        p.data.add_(p.grad, alpha=-0.1)
    losses.append(net(tokens[:, :-1], tokens[:, 1:]).item())
    return losses
"""


def expressions():
    return [text.strip() for line in EXPRESSIONS.strip().splitlines() for text in line.split(";")]


def inputs(torch):
    """The names that the expressions use."""
    wave = torch.cos(torch.arange(48, dtype=torch.float64) * 1.9 + 0.3)
    x = wave[:12].reshape(3, 4) * 2
    y = wave[12:24].reshape(3, 4).abs() * 2 + 0.1
    m = wave[24:40].reshape(4, 4) + 2 * torch.eye(4, dtype=torch.float64)
    named = {"x": x, "y": y, "m": m, "v": wave[40:44] + 1}
    named = {name: value.detach().clone().requires_grad_() for name, value in named.items()}
    i = torch.tensor([[0, 1, 2, 0], [1, 1, 3, 0], [2, 0, 1, 3]])
    n = torch.tensor([[0, 1, 1], [2, 2, 0]])
    return {**named, "i": i, "n": n, "s": x.float(), "torch": torch, "F": torch.nn.functional, "D": torch.distributions}


def answers(torch, text):
    """For an expression: its results, their dtypes, and the gradients of a weighted sum of them for x, y, m and v."""
    given = inputs(torch)
    result = eval(text, given)
    parts = list(result) if isinstance(result, tuple | list) else [result]
    found, total = [], None
    for k, part in enumerate(parts):
        if not isinstance(part, torch.Tensor):
            found.append([str(part), None])
            continue
        found.append([part.detach().double().reshape(-1).tolist(), [str(part.dtype), list(part.shape)]])
        if part.requires_grad:
            weight = torch.cos(torch.arange(part.numel(), dtype=torch.float64) + k).reshape(part.shape)
            total = (part * weight).sum() + (0 if total is None else total)
    if total is not None:
        total.backward()
    names = ("x", "y", "m", "v")
    slopes = {name: None if given[name].grad is None else given[name].grad.reshape(-1).tolist() for name in names}
    return found, slopes


def losses(torch):
    place = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "math": math, "__name__": "program"}
    exec(PROGRAM, place)
    return place["run"]()
