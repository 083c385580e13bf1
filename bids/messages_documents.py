"""The sentences about the signatures of PDF documents."""

from __future__ import annotations

_FINDINGS = {
    "verify-documents": (
        "{count} 份 PDF 文件均有平台文件密钥的签名（PAdES）和时间戳，自签名之后没有改动。",
        "All {count} PDF documents are signed by the platform's document key (PAdES), time-stamped, and not "
        "changed since.",
    ),
    "verify-documents-unchecked": (
        "{count} 份 PDF 文件的签名未在此核对，内容也没有与签名记录比较（摘要已与目录核对）：请在装有 "
        "sunseal[platform] 的机器上用 sunseal verify 核对；签名也可用 PDF 阅读器或 pdfsig 核对。",
        "The signatures in {count} PDF documents were not checked here, and what they say was not compared "
        "with the signed record (their digests were checked): sunseal verify does both where "
        "sunseal[platform] is installed; for signatures PDF readers or pdfsig do as well.",
    ),
}

_REFUSALS = {
    "pdf-unreadable": ("PDF 无法读取：已损坏或被截断。", "The PDF cannot be read: it is damaged or cut off."),
    "pdf-unsigned": (
        "PDF 没有平台的签名，或签名之后没有时间戳。原因有二，文件本身无法区分："
        "证据包出自尚不签署文件的早期版本，这时只有存证声明中的摘要为其作证；"
        "或签名被去掉、从未签署。请向平台索取该文件的签名版，与本份核对；"
        "平台若称属前者，请其书面说明，并核对存证声明在公开日志中的时间早于平台文件证书的起始日。",
        "The PDF has no signature of the platform, or no time-stamp after it. There are two causes, and "
        "the file cannot tell which: the package is from an earlier version that did not sign documents, "
        "and only the digest in the evidence statement vouches for it; or the signature was taken off, or "
        "never made. Ask the platform for the signed document and compare the two. If it says the former, "
        "have it say so in writing, and see that the evidence statement's entry in the public log is from "
        "before the beginning of the platform's document certificate.",
    ),
    "pdf-changed": ("PDF 在签名之后被改动。", "The PDF was changed after it was signed."),
    "pdf-uncovered": (
        "PDF 末尾有时间戳没有覆盖的内容。",
        "The PDF has bytes at its end that no time-stamp covers.",
    ),
    "pdf-invalid": (
        "PDF 的签名或时间戳不成立，或其证书不出自所信任的根证书。",
        "The PDF's signature or a time-stamp does not hold, or is not under the trusted root.",
    ),
    "pdf-stranger": (
        "PDF 的签名者不是平台的文件密钥，而是同一根证书下的他人。",
        "The PDF is signed by somebody else under the same root, not by the platform's document key.",
    ),
}

MESSAGES: dict[str, tuple[str, str]] = {**_FINDINGS, **_REFUSALS}
