import pytest

from autograd.program.native import cache


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Kernels that tests compile are kept among the tests' own files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKGRAPH_CACHE", str(tmp_path_factory.mktemp("kernels")))
        cache.folder.cache_clear()
        yield
    cache.folder.cache_clear()
