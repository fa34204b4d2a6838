"""Data that need no download, declared: generated, rendered, or inside a library."""

from latentdim.datasets.digits import DigitsOptions
from latentdim.datasets.dsprites_rendered import DspritesOptions
from latentdim.datasets.shapes3d_rendered import Shapes3dOptions
from latentdim.datasets.synthetic import SyntheticOptions
from latentdim.registry.declarations import GENERATED, Dataset

SYNTHETIC = Dataset(
    name="synthetic",
    title="Synthetic",
    pattern=r"synthetic_(?P<n>\d+)",
    options=SyntheticOptions,
    inspect="latentdim.datasets.synthetic:inspect",
    prepare="latentdim.datasets.synthetic:prepare",
    in_random_order=True,
    kind="vectors",
    true_dim="n",
    source="generated: the recipe of MaskAAE (section 5.1, supplement 10) with this suite's constants",
    licence=GENERATED,
)

DIGITS = Dataset(
    name="digits",
    title="Digits (8×8)",
    pattern="digits",
    options=DigitsOptions,
    inspect="latentdim.datasets.digits:inspect",
    prepare="latentdim.datasets.digits:prepare",
    in_random_order=True,
    source="scikit-learn's load_digits: test part of UCI's Optical Recognition of Handwritten Digits",
    licence="CC BY 4.0",
    citation="E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, "
    "UCI Machine Learning Repository",
)

DSPRITES_RENDERED = Dataset(
    name="dsprites_rendered",
    title="dSprites (re-rendered)",
    pattern="dsprites_rendered",
    options=DspritesOptions,
    inspect="latentdim.datasets.dsprites_rendered:inspect",
    prepare="latentdim.datasets.dsprites_rendered:prepare",
    in_random_order=True,
    factor_space="latentdim.datasets.dsprites_rendered:factor_space",
    source="rendered: the factor space of dSprites, its shapes fitted to the original's published animation; "
    "a few pixels at the edges of ellipses and hearts may differ",
    licence=GENERATED,
    citation="of the original: L. Matthey, I. Higgins, D. Hassabis and A. Lerchner (2017), dSprites: Disentanglement "
    "testing Sprites dataset",
)

SHAPES3D_RENDERED = Dataset(
    name="shapes3d_rendered",
    title="3D Shapes (re-rendered)",
    pattern="shapes3d_rendered",
    options=Shapes3dOptions,
    inspect="latentdim.datasets.shapes3d_rendered:inspect",
    prepare="latentdim.datasets.shapes3d_rendered:prepare",
    in_random_order=True,
    factor_space="latentdim.datasets.shapes3d_rendered:factor_space",
    source="rendered: the factor space of 3D Shapes, its room, camera and solids measured on the original's published "
    "animation; the light is imitated, texture and smoothed edges are left out",
    licence=GENERATED,
    citation="of the original: C. Burgess and H. Kim (2018), 3D Shapes Dataset",
)

MADE = (SYNTHETIC, DIGITS, DSPRITES_RENDERED, SHAPES3D_RENDERED)
