"""README.txt of a bundle of receipt and proofs: what it is, and how to check it, also without our tools."""

from __future__ import annotations

_TEXT = """\
阳光交易 Sunseal · 投标回执与证明 receipt of a bid, with its proofs

==== 中文 ====

receipt.json 是平台对这份投标的签名回执，receipt.tsr 是其上的 RFC 3161 时间戳；manifest.json 与
manifest.p7s 是投标清单及投标人的签名（撤回的，为 withdrawal-receipt、withdrawal 各文件）。截标后另有
截标声明 closing.json、本投标在台账中的叶子 leaf.json 及证明 leaf.tlog-proof、截标声明在公开日志中的条目
log/closing.json 及证明 log/closing.tlog-proof。若含 ledger.jsonl，则是台账的全部：这是一份举证，
证明平台签发了回执而台账中没有这份投标。自行加锁的投标另有解锁回执 unlock-receipt.json（时间戳
unlock-receipt.tsr），时段结束后还有解锁声明 unlocking.json 及其日志条目与证明 log/unlocking.*：
解锁声明中必须有您的密钥，没有即为举证。

核对（不需要相信交出本文件的人）：

    sunseal receipt check 本文件.zip --roots 根证书.pem --log-key "日志公钥" [--server 平台地址]

不用本平台的程序核对回执的签名与时间戳：

    jq -jcS .statement receipt.json > statement
    jq -r .signature receipt.json | base64 -d > receipt.p7s
    openssl cms -verify -binary -inform DER -in receipt.p7s -content statement \\
        -CAfile certificates/roots.pem -out /dev/null
    openssl asn1parse -inform DER -in receipt.p7s -noout -out value -strparse \\
        $(openssl asn1parse -inform DER -in receipt.p7s | tail -1 | cut -d: -f1)
    openssl ts -verify -in receipt.tsr -data value -CAfile certificates/roots.pem

外部时间戳机构的，把 certificates/roots.pem 换成该机构的根证书（见 certificates/timestamp.pem）。

==== English ====

receipt.json is the platform's signed receipt for this bid, receipt.tsr the RFC 3161 time-stamp on it;
manifest.json and manifest.p7s are the bid's manifest and its bidder's signature (of a withdrawal the files
withdrawal-receipt and withdrawal). After the closing there are the closing statement closing.json, this bid's
leaf in the ledger, leaf.json, with its proof leaf.tlog-proof, and the closing's entry in the public log,
log/closing.json, with its proof log/closing.tlog-proof. Where there is ledger.jsonl, it is the whole ledger:
a proof that the platform signed the receipt and left the bid out. Of a bid with a lock of its own there is
the receipt for unlocking, unlock-receipt.json (its time-stamp: unlock-receipt.tsr), and after the window the
unlocking statement unlocking.json with its entry in the log and that entry's proof, log/unlocking.*: your
secret must stand in it, and where it does not that is a proof as well.

To check it, without trusting whoever handed it in:

    sunseal receipt check THIS.zip --roots ROOTS.pem --log-key "LOG KEY" [--server ADDRESS]

The receipt's signature and time-stamp with tools that are not ours:

    jq -jcS .statement receipt.json > statement
    jq -r .signature receipt.json | base64 -d > receipt.p7s
    openssl cms -verify -binary -inform DER -in receipt.p7s -content statement \\
        -CAfile certificates/roots.pem -out /dev/null
    openssl asn1parse -inform DER -in receipt.p7s -noout -out value -strparse \\
        $(openssl asn1parse -inform DER -in receipt.p7s | tail -1 | cut -d: -f1)
    openssl ts -verify -in receipt.tsr -data value -CAfile certificates/roots.pem

For an outside time-stamp authority take its root certificates (see certificates/timestamp.pem) in place of
certificates/roots.pem.
"""


def readme() -> str:
    """The text, in both languages."""
    return _TEXT
