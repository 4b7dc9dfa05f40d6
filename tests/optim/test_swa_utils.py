"""Averages of models."""

import copy

import numpy as np
import pytest

import nn
from optim import SGD, swa_utils

rng = np.random.default_rng(0)


def network():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    for p in model.parameters():
        p.data[...] = rng.normal(size=p.shape)
    return model


def ema(averaged, current, count):
    return 0.9 * averaged + 0.1 * current


def last(averaged, current, count):
    return current * (count / count)


AVERAGES = {
    "plain": ({}, lambda values: np.mean(values, 0)),
    "swa": ({"avg_fn": swa_utils.get_swa_avg_fn()}, lambda values: np.mean(values, 0)),
    "swa, all at once": ({"multi_avg_fn": swa_utils.get_swa_multi_avg_fn()}, lambda values: np.mean(values, 0)),
    "ema": ({"avg_fn": swa_utils.get_ema_avg_fn(0.9)}, None),
    "ema, all at once": ({"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(0.9)}, None),
    "own": ({"avg_fn": last}, lambda values: values[-1]),
}


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("name", AVERAGES)
def test_averages(name, use_buffers):
    options, expected = AVERAGES[name]
    model = network()
    averaged = swa_utils.AveragedModel(model, use_buffers=use_buffers, **options)
    seen = []
    for _ in range(4):
        for p in model.parameters():
            p.data += rng.normal(size=p.shape).astype("f4")
        model(rng.normal(size=(8, 3)).astype("f4"))
        averaged.update_parameters(model)
        seen.append(model.state_dict())
    assert averaged.n_averaged.item() == 4
    state = averaged.state_dict()
    assert list(state) == ["n_averaged", *(f"module.{key}" for key in seen[0])]
    buffers = [key for key, _ in model.named_buffers()]
    for key in seen[0]:
        values = [s[key] for s in seen]
        value = values[-1]
        if key not in buffers or use_buffers:
            if expected is None:
                value = values[0]
                for new in values[1:]:
                    value = np.asarray(ema(value, new, 0)).astype(new.dtype)
            else:
                value = expected(values)
                if values[0].dtype.kind == "i":  # each step of the average is made whole
                    value = state["module." + key]
                    assert values[0] <= value <= values[-1]
        np.testing.assert_allclose(state["module." + key], value, rtol=1e-5, atol=1e-6, err_msg=key)


def test_an_average_is_a_model():
    model = network()
    averaged = swa_utils.AveragedModel(model)
    x = rng.normal(size=(8, 3)).astype("f4")
    np.testing.assert_array_equal(averaged(x).data, copy.deepcopy(model)(x).data)
    other = swa_utils.AveragedModel(network())
    other.load_state_dict(averaged.state_dict())
    np.testing.assert_array_equal(other.module[0].weight.data, model[0].weight.data)
    for p in averaged.parameters():
        assert all(p is not q for q in model.parameters())


def test_update_bn():
    model = network()
    model[1].momentum = 0.3
    model.eval()
    batches = [rng.normal(size=(8, 3)).astype("f4") for _ in range(3)]
    swa_utils.update_bn([(x, "label") for x in batches], model)
    means = [model[0](x).data.mean(0) for x in batches]
    np.testing.assert_allclose(model[1].running_mean.data, np.mean(means, 0), rtol=1e-4, atol=1e-6)
    assert model[1].momentum == 0.3
    assert not model.training
    assert model[1].num_batches_tracked.item() == 3
    swa_utils.update_bn(iter(()), nn.Linear(1, 1))


def test_errors():
    model = nn.Linear(1, 1)
    average = swa_utils.get_swa_avg_fn()
    for call, match in (
        (lambda: swa_utils.AveragedModel(model, avg_fn=average, multi_avg_fn=average), "got both"),
        (lambda: swa_utils.AveragedModel(model, "cuda"), "device"),
        (lambda: swa_utils.get_ema_avg_fn(1.5), "decay from 0 to 1, got 1.5"),
        (lambda: swa_utils.get_ema_multi_avg_fn(-1), "decay"),
        (lambda: swa_utils.SWALR(SGD(model.parameters()), 0.1, anneal_strategy="sin"), "anneal_strategy"),
        (lambda: swa_utils.SWALR(SGD(model.parameters()), 0.1, anneal_epochs=-1), "anneal_epochs"),
        (lambda: swa_utils.SWALR(SGD(model.parameters()), [0.1, 0.2]), "swa_lr for 1 groups, got 2"),
    ):
        with pytest.raises(ValueError, match=match):
            call()
