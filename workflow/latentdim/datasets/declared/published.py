"""Published data that are downloaded or laid down by the user, declared."""

from latentdim.datasets.celeba import CelebaOptions
from latentdim.datasets.cifar10 import Cifar10Options
from latentdim.datasets.eurosat import EurosatOptions
from latentdim.datasets.fashion_mnist import FashionMnistOptions
from latentdim.datasets.imagenet32 import Imagenet32Options
from latentdim.datasets.mnist import MnistOptions
from latentdim.registry.declarations import Dataset

MNIST = Dataset(
    name="mnist",
    title="MNIST",
    pattern=r"mnist(_(?P<size>\d+))?",
    options=MnistOptions,
    inspect="latentdim.datasets.mnist:inspect",
    prepare="latentdim.datasets.mnist:prepare",
    version=2,
    source="four idx files, from a folder or through torchvision",
    licence="CC BY-SA 3.0",
    citation="Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), Gradient-based learning applied to document "
    "recognition, Proceedings of the IEEE 86(11)",
)

FASHION_MNIST = Dataset(
    name="fashion_mnist",
    title="FashionMNIST",
    pattern=r"fashion_mnist(_(?P<size>\d+))?",
    options=FashionMnistOptions,
    inspect="latentdim.datasets.fashion_mnist:inspect",
    prepare="latentdim.datasets.fashion_mnist:prepare",
    version=2,
    source="four idx files, from a folder or through torchvision",
    licence="MIT (Zalando SE)",
    citation="H. Xiao, K. Rasul and R. Vollgraf (2017), Fashion-MNIST: a novel image dataset for benchmarking machine "
    "learning algorithms, arXiv:1708.07747",
)

CIFAR10 = Dataset(
    name="cifar10",
    title="CIFAR-10",
    pattern="cifar10",
    options=Cifar10Options,
    inspect="latentdim.datasets.cifar10:inspect",
    prepare="latentdim.datasets.cifar10:prepare",
    version=2,
    source="the Python version's archive or its folder, or through torchvision",
    licence="not stated by its authors, who ask to be cited",
    citation="A. Krizhevsky (2009), Learning multiple layers of features from tiny images, University of Toronto",
)

CELEBA = Dataset(
    name="celeba",
    title="CelebA (64×64)",
    pattern="celeba",
    options=CelebaOptions,
    inspect="latentdim.datasets.celeba:inspect",
    prepare="latentdim.datasets.celeba:prepare",
    version=2,
    source="the aligned and cropped pictures and the partition list, from a folder or through torchvision",
    licence="non-commercial research only, by the agreement of its authors",
    citation="Z. Liu, P. Luo, X. Wang and X. Tang (2015), Deep learning face attributes in the wild, ICCV",
)

EUROSAT = Dataset(
    name="eurosat",
    title="EuroSAT (RGB)",
    pattern="eurosat",
    options=EurosatOptions,
    inspect="latentdim.datasets.eurosat:inspect",
    prepare="latentdim.datasets.eurosat:prepare",
    in_random_order=True,
    source="the archive of the RGB pictures or its folder, or through torchvision",
    licence="MIT; the imagery under the terms of Copernicus Sentinel data",
    citation="P. Helber, B. Bischke, A. Dengel and D. Borth (2019), EuroSAT: a novel dataset and deep learning "
    "benchmark for land use and land cover classification, IEEE Journal of Selected Topics in Applied Earth "
    "Observations and Remote Sensing 12(7)",
)

IMAGENET32 = Dataset(
    name="imagenet32",
    title="ImageNet 32×32",
    pattern="imagenet32",
    options=Imagenet32Options,
    inspect="latentdim.datasets.imagenet32:inspect",
    prepare="latentdim.datasets.imagenet32:prepare",
    version=2,
    source="the npz archives of image-net.org's downsampled data (an account is needed), or their folders",
    licence="ImageNet's terms of access: non-commercial research and education",
    citation="P. Chrabaszcz, I. Loshchilov and F. Hutter (2017), A downsampled variant of ImageNet as an alternative "
    "to the CIFAR datasets, arXiv:1707.08819",
)

PUBLISHED = (MNIST, FASHION_MNIST, CIFAR10, CELEBA, EUROSAT, IMAGENET32)
