"""The datasets that come with the suite."""

from latentdim.datasets.arrays import NpyOptions, NpzOptions
from latentdim.datasets.digits import DigitsOptions
from latentdim.datasets.image_folder import ImageFolderOptions
from latentdim.datasets.mnist import MnistOptions
from latentdim.datasets.synthetic import SyntheticOptions
from latentdim.declarations import Dataset

SYNTHETIC = Dataset(
    name="synthetic",
    title="Synthetic",
    pattern=r"synthetic_(?P<n>\d+)",
    options=SyntheticOptions,
    look="latentdim.datasets.synthetic:look",
    prepare="latentdim.datasets.synthetic:prepare",
    kind="vectors",
    true_dim="n",
    source="generated: the recipe of MaskAAE (section 5.1, supplement 10) with this suite's constants",
    licence="none (generated)",
)

DIGITS = Dataset(
    name="digits",
    title="Digits (8×8)",
    pattern="digits",
    options=DigitsOptions,
    look="latentdim.datasets.digits:look",
    prepare="latentdim.datasets.digits:prepare",
    source="scikit-learn's load_digits: test part of UCI's Optical Recognition of Handwritten Digits",
    licence="CC BY 4.0",
    citation="E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, "
    "UCI Machine Learning Repository",
)

MNIST = Dataset(
    name="mnist",
    title="MNIST",
    pattern=r"mnist(_(?P<size>\d+))?",
    options=MnistOptions,
    look="latentdim.datasets.mnist:look",
    prepare="latentdim.datasets.mnist:prepare",
    source="four idx files, from a folder or through torchvision",
    licence="CC BY-SA 3.0",
    citation="Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), Gradient-based learning applied to document "
    "recognition, Proceedings of the IEEE 86(11)",
)

IMAGE_FOLDER = Dataset(
    name="image_folder",
    title="Image folder",
    options=ImageFolderOptions,
    look="latentdim.datasets.image_folder:look",
    prepare="latentdim.datasets.image_folder:prepare",
    source="the user's own images",
    licence="the user's own",
)

NPY, NPZ = (
    Dataset(
        name=name,
        title=f"Arrays ({name})",
        options=options,
        look="latentdim.datasets.arrays:look",
        prepare="latentdim.datasets.arrays:prepare",
        source="the user's own arrays",
        licence="the user's own",
    )
    for name, options in (("npy", NpyOptions), ("npz", NpzOptions))
)

DATASET = (SYNTHETIC, DIGITS, MNIST, IMAGE_FOLDER, NPY, NPZ)
