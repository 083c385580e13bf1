"""Which subcommands there are: where each is, and a line of help that needs no import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A subcommand: its module, the command's name in it, its line of help."""

    module: str
    attribute: str
    help: str


COMMANDS = {
    "bid": Entry("trading.commands.bid", "bid", "Prepare a bid off-line; submit, withdraw, follow it."),
    "agency": Entry("trading.commands.agency", "agency", "Draft, publish, evaluate and award."),
    "enrol": Entry("trading.commands.enrol", "enrol", "Make a signing key and have it certified."),
    "receipt": Entry("trading.commands.receipt", "receipt", "See whether a receipt's promise was kept."),
    "certificates": Entry(
        "trading.commands.certificates", "certificates", "See what was certified in your own name."
    ),
    "revoke": Entry("trading.commands.revoke", "revoke", "Revoke one's own certificate."),
    "verify": Entry("trading.commands.verify", "verify", "Check an evidence package, off-line."),
    "document": Entry("trading.commands.document", "document", "Compare a PDF with the signed record."),
    "custodian": Entry("trading.commands.custodian", "custodian", "A custodian's agent and its keys."),
    "witness": Entry("trading.commands.witness", "witness", "Cosign a log while it only grows."),
    "serve": Entry("trading.commands.serve", "serve", "Run the whole platform in one process."),
    "web": Entry("trading.commands.web", "web", "Serve HTTP only."),
    "worker": Entry("trading.commands.worker", "worker", "Run scheduled jobs only."),
    "migrate": Entry("trading.commands.migrate", "migrate", "Bring the database up to date."),
    "token": Entry("trading.commands.token", "token", "Issue an operator's first token."),
    "platform-key": Entry(
        "trading.commands.platform_key", "platform_key", "Replace one of the platform's keys and revoke it."
    ),
    "invite": Entry("trading.commands.invite", "invite", "Invite an operator to sign in by browser."),
    "demo": Entry("trading.commands.demo", "demo", "Replay real tenders, end to end."),
}

BID_COMMANDS = {
    "prepare": Entry("trading.commands.bid_prepare", "prepare", "Seal and sign a bid, with no network."),
    "submit": Entry("trading.commands.bid_submit", "submit", "Upload a sealed bid, with resume."),
    "withdraw": Entry("trading.commands.bid_withdraw", "withdraw", "Take a bid back before the deadline."),
    "status": Entry("trading.commands.bid_status", "status", "Show a tender's state and one's own bids."),
    "unlock": Entry("trading.commands.bid_unlock", "unlock", "Unlock a bid at the opening."),
    "receipt": Entry("trading.commands.bid_receipt", "receipt", "Fetch and check a bid's receipt."),
}

RECEIPT_COMMANDS = {
    "check": Entry("trading.commands.receipt_check", "check", "Did the platform keep a receipt's promise?"),
}

CERTIFICATES_COMMANDS = {
    "check": Entry(
        "trading.commands.certificates_check", "check", "Find certificates that you never asked for."
    ),
    "proof": Entry("trading.commands.certificates_proof", "proof", "Check a proof of such a certificate."),
}

DOCUMENT_COMMANDS = {
    "check": Entry("trading.commands.document_check", "check", "Does a PDF say what the record says?"),
}

AGENCY_COMMANDS = {
    "envelope-key": Entry(
        "trading.commands.agency_tender", "envelope_key", "Make the key for bidders' attachments."
    ),
    "draft": Entry("trading.commands.agency_tender", "draft", "Draft a tender, with its documents."),
    "publish": Entry("trading.commands.agency_tender", "publish", "Build, sign and publish the notice."),
    "cancel": Entry("trading.commands.agency_tender", "cancel", "End a tender, with a reason."),
    "files": Entry("trading.commands.agency_award", "files", "Open bidders' attachments."),
    "decide-unlocking": Entry(
        "trading.commands.agency_award", "decide_unlocking", "Decide on bids that were not unlocked."
    ),
    "stage": Entry("trading.commands.agency_award", "stage", "Judge the open segment; the next one opens."),
    "evaluate": Entry("trading.commands.agency_award", "evaluate", "Reject what is not responsive; rank."),
    "award": Entry("trading.commands.agency_award", "award", "Decide for the winner."),
}

CUSTODIAN_COMMANDS = {
    "enrol": Entry(
        "trading.commands.custodian_enrol", "enrol", "Make a key store, certify its key, pin the platform."
    ),
    "run": Entry("trading.commands.custodian_run", "run", "Run the agent."),
    "journal": Entry("trading.commands.custodian_journal", "journal", "Print what the agent did, and why."),
    "release": Entry("trading.commands.custodian_release", "release", "Release one tender by hand."),
    "backup": Entry("trading.commands.custodian_backup", "backup", "Back the store up, sealed to words."),
    "recover": Entry("trading.commands.custodian_backup", "recover", "Make a store from a backup."),
    "drill": Entry("trading.commands.custodian_backup", "drill", "Try a backup on a sealed test tender."),
    "passphrase": Entry("trading.commands.custodian_passphrase", "passphrase", "Change the passphrase."),
    "unit": Entry("trading.commands.custodian_unit", "unit", "Print a systemd unit or a Containerfile."),
}

WITNESS_COMMANDS = {
    "init": Entry("trading.commands.witness", "init", "Make a witness's key."),
    "add-log": Entry("trading.commands.witness", "add_log", "Watch one more log."),
    "key": Entry("trading.commands.witness", "key", "Print the witness's verifier key."),
    "run": Entry("trading.commands.witness", "run", "Cosign until stopped."),
    "unit": Entry("trading.commands.witness_unit", "unit", "Print a systemd unit."),
}
