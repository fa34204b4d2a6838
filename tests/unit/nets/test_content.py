"""Keys and numbers fixed by an example's content."""

import torch
from scipy.stats import kstest

from latentdim.nets.content import content_keys, content_normals
from latentdim.system.seeds import torch_stream


def test_equal_examples_have_equal_keys_wherever_they_stand() -> None:
    x = torch.randn(50, 3, 4, generator=torch_stream("x"))
    keys = content_keys(x)
    assert torch.equal(content_keys(x[20:21]), keys[20:21])
    assert torch.equal(content_keys(x.flip(0)), keys.flip(0))
    assert torch.equal(content_keys(torch.zeros(1, 2)), content_keys(-torch.zeros(1, 2)))


def test_different_examples_have_different_keys() -> None:
    binary = (torch.arange(2**16).unsqueeze(1) >> torch.arange(16)) & 1  # every binary image of 16 pixels
    assert len(content_keys(binary.float()).unique()) == 2**16
    x = torch.randn(1, 8, generator=torch_stream("x"))
    swapped = x[:, [1, 0, 2, 3, 4, 5, 6, 7]]
    nudged = x.clone()
    nudged[0, 7] = torch.nextafter(nudged[0, 7], torch.tensor(10.0))
    assert len(content_keys(torch.cat([x, swapped, nudged, x * 2.0])).unique()) == 4


def test_normals_are_standard_independent_and_change_with_the_salt() -> None:
    x = torch.arange(5000.0).unsqueeze(1)
    one, two = (content_normals(x, 4, salt=torch.tensor(salt)) for salt in (1, 2))
    assert one.dtype == torch.float32
    for values in (*one.T, *two.T):
        assert kstest(values.numpy(), "norm").pvalue > 1e-3
    together = torch.corrcoef(torch.cat([one, two, x], dim=1).T) - torch.eye(9)
    assert together.abs().max() < 4.5 / 5000**0.5
