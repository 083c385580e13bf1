"""README.txt of an evidence package: how to check it with tools that are not ours."""

from __future__ import annotations

_TEXT = """\
阳光交易 Sunseal · 证据包 evidence package
标段 tender: {tender}

==== 中文 ====

本 ZIP 含有复核该标段全过程所需的一切：公告、截标、台账、每份投标的清单、签名与回执、保管人释放的
份额、公开部分的密文与报价、开标记录、排名与中标、公开日志条目及证明、证书与吊销列表。

一、用本平台的验证程序（无需联网）

    sunseal verify 证据包.zip --roots 根证书.pem --log-key "日志公钥"

请使用您从其他途径取得的根证书和日志公钥；不提供时结果会标明“未锚定”。

二、不用本平台的任何程序

1. 文件摘要。evidence.json 的 statement.files 列出除其自身和 log/ 之外每个文件的 SHA-256：

    sha256sum notice.json closing.json ledger.jsonl opening-record.json award.json

2. 公告与投标清单的签名（CMS，分离式）。-attime 为公告的 at，或回执的 received_at（Unix 秒）：

    openssl cms -verify -binary -inform DER -in notice.p7s -content notice.json \\
        -CAfile certificates/roots.pem -attime 秒数 -out /dev/null

3. 平台与保管人的声明（closing.json、receipt.json、shares/、unlocking.json、opening-record.json、
   award.json、evidence.json）形如 {{"signature": 签名, "statement": 声明}}；先取出两部分再同样验证：

    jq -jcS .statement closing.json > statement
    jq -r .signature closing.json | base64 -d > statement.p7s
    openssl cms -verify -binary -inform DER -in statement.p7s -content statement \\
        -CAfile certificates/roots.pem -attime 秒数 -out /dev/null

4. 台账与公开日志采用 RFC 6962 的 Merkle 树；检查点与证明采用 C2SP 的 tlog-checkpoint、tlog-proof，
   可用 Go 语言 golang.org/x/mod/sumdb 的 note 与 tlog 验证，公钥见 log/key。ledger.jsonl 与
   log/entries.jsonl 每行为一个叶子的原始字节（不含换行）。log/enrolments.json 表明签名各方的证书都在日志中，
   持有人能够查到。

5. 回执的时间戳（receipt.tsr，RFC 3161）盖在回执签名的值上；外部机构的根证书见 certificates/timestamp.pem。
   BID 为投标标识：

    jq -r .signature bids/BID/receipt.json | base64 -d > receipt.p7s
    openssl asn1parse -inform DER -in receipt.p7s -noout -out value -strparse \\
        $(openssl asn1parse -inform DER -in receipt.p7s | tail -1 | cut -d: -f1)
    openssl ts -verify -in bids/BID/receipt.tsr -data value -CAfile certificates/roots.pem

6. 吊销列表：openssl crl -in certificates/crl.pem -noout -text

7. 名次：award.json 的 statement.working 列有每份投标的逐项单价、数量、金额与总价，可逐行复算。

8. 要求投标人自行加锁的标段，unlocking.json 列有各投标的解锁密钥（secret，base64）；其 SHA-256 即该投标
   清单的 lock。

9. PDF 文件由平台签名（PAdES）：用 PDF 阅读器，或以 certificates/roots.pem 为信任锚用 pdfsig 核对：

    mkdir trust && certutil -d trust -N --empty-password
    certutil -d trust -A -n root -t C,C,C -i certificates/roots.pem
    pdfsig -nssdir trust opening-record.pdf

   PDF 写的是不是签名记录所写，由装有 sunseal[platform] 的 sunseal verify 重新生成后逐份比较。

==== English ====

This ZIP has everything needed to check the whole course of the tender again: notice, closing, ledger, the
manifest, signature and receipt of every bid, the shares that the custodians released, the ciphertext and the
offer of every public part, opening record, ranking and award, the entries of the public log with their
proofs, certificates and revocation lists.

A. With our verifier (no network needed)

    sunseal verify PACKAGE.zip --roots ROOTS.pem --log-key "LOG KEY"

Use root certificates and a log key that you got elsewhere; without them the result says "unanchored".

B. Without any program of ours

1. Digests. In evidence.json, statement.files lists the SHA-256 of every file but itself and log/:

    sha256sum notice.json closing.json ledger.jsonl opening-record.json award.json

2. Signatures of the notice and of manifests (CMS, detached). -attime is the notice's `at`, or the
   `received_at` of the bid's receipt, in Unix seconds:

    openssl cms -verify -binary -inform DER -in notice.p7s -content notice.json \\
        -CAfile certificates/roots.pem -attime SECONDS -out /dev/null

3. Statements of the platform and of custodians (closing.json, receipt.json, shares/, unlocking.json,
   opening-record.json, award.json, evidence.json) are {{"signature": …, "statement": …}}; take them apart,
   then verify alike:

    jq -jcS .statement closing.json > statement
    jq -r .signature closing.json | base64 -d > statement.p7s
    openssl cms -verify -binary -inform DER -in statement.p7s -content statement \\
        -CAfile certificates/roots.pem -attime SECONDS -out /dev/null

4. Ledger and public log are Merkle trees as in RFC 6962; checkpoints and proofs are C2SP's tlog-checkpoint
   and tlog-proof, for which Go's golang.org/x/mod/sumdb/note and /tlog do; the key is in log/key. Each line
   of ledger.jsonl and log/entries.jsonl is a leaf's exact bytes, without the newline. log/enrolments.json
   shows that the certificates of all who signed stand in the log, where their owners find them.

5. Receipts' time-stamps (receipt.tsr, RFC 3161) are over the value of the receipt's signature; roots of
   outside authorities are in certificates/timestamp.pem. BID is the bid's id:

    jq -r .signature bids/BID/receipt.json | base64 -d > receipt.p7s
    openssl asn1parse -inform DER -in receipt.p7s -noout -out value -strparse \\
        $(openssl asn1parse -inform DER -in receipt.p7s | tail -1 | cut -d: -f1)
    openssl ts -verify -in bids/BID/receipt.tsr -data value -CAfile certificates/roots.pem

6. Revocation lists: openssl crl -in certificates/crl.pem -noout -text

7. Ranks: statement.working in award.json has every unit price, quantity, amount and total of every bid.

8. Where the bidders locked their bids themselves, unlocking.json has the secret of each (base64); its SHA-256
   is the `lock` of the bid's manifest.

9. PDF documents are signed by the platform (PAdES). A PDF reader checks them, or pdfsig, with
   certificates/roots.pem trusted:

    mkdir trust && certutil -d trust -N --empty-password
    certutil -d trust -A -n root -t C,C,C -i certificates/roots.pem
    pdfsig -nssdir trust opening-record.pdf

   Whether they say what the signed record says, sunseal verify finds by rendering each again, where
   sunseal[platform] is installed.
"""


def readme(tender: str) -> bytes:
    """The text in Chinese and English, UTF-8; the same bytes for the same tender."""
    return _TEXT.format(tender=tender).encode("utf-8")
