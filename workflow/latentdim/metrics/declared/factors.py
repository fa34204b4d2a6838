"""Metrics of how the codes follow known factors, declared. This file must stay importable without torch."""

from latentdim.registry.declarations import Metric

FACTORS = (
    Metric(
        name="mig",
        title="MIG",
        function="latentdim.metrics.mig:measure",
        definition="largest minus second largest mutual information of the axes with a factor, over the factor's "
        "entropy, averaged over the factors; axes cut into mig.bins bins of equal width. Constant "
        "codes and a single axis are refused",
        samples="mig.n random images of the factor space, at their posterior means",
        version=3,
        source="Chen et al. (2018), eq. 6, estimated as in disentanglement_lib (Locatello et al., 2019)",
        better="higher",
        unit="1",
        range=(0.0, 1.0),
        uses=("mig",),
        per_axes=True,
        kinds=("images",),
        needs=("factor_space",),
        passes=("mig",),
    ),
    Metric(
        name="factor_vae",
        title="FactorVAE metric",
        function="latentdim.metrics.factor_vae:measure",
        definition="accuracy with which the axis of smallest relative variance among images that share one factor's "
        "level names that factor, by majority vote. Constant codes are refused",
        samples="factor_vae.n_evaluation votes after n_train of them, factor_vae.batch images each; n_variance images",
        version=3,
        source="Kim & Mnih (2018), section 4, with disentanglement_lib's counts (Locatello et al., 2019)",
        better="higher",
        unit="1",
        range=(0.0, 1.0),
        uses=("factor_vae",),
        per_axes=True,
        kinds=("images",),
        needs=("factor_space",),
        passes=("factor_vae",),
    ),
)
