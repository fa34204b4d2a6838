"""What the metrics are held against: references that share no code with them, and the order of the controls."""

from __future__ import annotations

from latentdim.conformance.checks import MetricChecks, Ranking

DISTANCE_ALONE = "These checks are of the distance alone, on given vectors"


FEATURES = "`tests/unit/metrics/features`"


FID_APART = (
    f"{DISTANCE_ALONE}: Inception's features, resizing and rounding aren't in them. {FEATURES} holds these, and the "
    "FID end to end, against torch-fidelity called directly, with random weights."
)


CLASSIFIER_APART = f"{DISTANCE_ALONE}: the classifier isn't in them. {FEATURES} tests it."

PCA_APART = f"{DISTANCE_ALONE}: the components aren't in them. {FEATURES} holds these against scikit-learn's."

RANKINGS: tuple[Ranking, ...] = (
    Ranking(
        metrics=("fid", "fid_reconstruction"), untried=True,
        why="in a network's features no control is the best or the worst by theory; the network's weights aren't part "
        "of the suite",
    ),
    Ranking(
        metrics=("frechet_classifier", "frechet_classifier_reconstruction"), untried=True,
        why="in a classifier's features no control is the best or the worst by theory",
    ),
    Ranking(
        metrics=("frechet_pixels_pca",), rising=((("pca", "noise"), ("constant",)),),
        why="noise codes sample as PCA does, with the data's own moments; the mean example has their mean alone",
    ),
    Ranking(
        metrics=("frechet_pixels_pca_reconstruction",), rising=((("pca",), ("constant",)),),
        why="PCA's reconstructions keep the leading components, the mean example none",
    ),
)  # fmt: skip


def checks() -> MetricChecks:
    """References, rankings of the controls, and settings for tiny data."""
    return MetricChecks(
        rankings=RANKINGS,
        remarks=dict.fromkeys(("fid", "fid_reconstruction"), FID_APART)
        | dict.fromkeys(("frechet_classifier", "frechet_classifier_reconstruction"), CLASSIFIER_APART)
        | dict.fromkeys(("frechet_pixels_pca", "frechet_pixels_pca_reconstruction"), PCA_APART),
    )
