"""Sentences about the log's policies, witnesses and split views: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "policy-too-large": ("策略文件 {path} 大于 256 KiB。", "The policy {path} is larger than 256 KiB."),
    "policy-control": (
        "策略文件 {path} 第 {line} 行含有控制字符。请用文本编辑器重写该行。",
        "Line {line} of the policy {path} has a control character. Write the line anew in a text editor.",
    ),
    "policy-unknown": (
        "策略文件 {path} 第 {line} 行的开头不是 log、witness、group 或 quorum。",
        "Line {line} of the policy {path} begins with neither log, witness, group nor quorum.",
    ),
    "policy-vkey": (
        "策略文件 {path} 第 {line} 行的公钥无法识别：日志公钥应为 Ed25519（类型 01），见证人公钥应为类型 04。"
        "请逐字复制所给公钥。",
        "The key in line {line} of the policy {path} is none: a log's is Ed25519 of the type 01, a witness's "
        "of the type 04. Copy it exactly as it was given.",
    ),
    "policy-log-form": (
        "策略文件 {path} 第 {line} 行应写作：log <公钥> [<网址>]",
        "Line {line} of the policy {path} should be: log <vkey> [<url>]",
    ),
    "policy-witness-form": (
        "策略文件 {path} 第 {line} 行应写作：witness <名称> <公钥> [<网址>]",
        "Line {line} of the policy {path} should be: witness <name> <vkey> [<url>]",
    ),
    "policy-group-form": (
        "策略文件 {path} 第 {line} 行应写作：group <名称> <个数、all 或 any> <成员>…",
        "Line {line} of the policy {path} should be: group <name> <k, all or any> <member>…",
    ),
    "policy-quorum-form": (
        "策略文件 {path} 第 {line} 行应写作：quorum <名称>，不要求见证时写 quorum none",
        "Line {line} of the policy {path} should be: quorum <name>, or quorum none to want no witness",
    ),
    "policy-undefined": (
        "策略文件 {path} 第 {line} 行用到了此前没有定义的名称。请先定义见证人或组。",
        "Line {line} of the policy {path} uses a name that no line before it defines. Define the witness or "
        "group first.",
    ),
    "policy-member-twice": (
        "策略文件 {path} 第 {line} 行的某个成员已在另一组中；每个见证人或组只能属于一组。",
        "A member in line {line} of the policy {path} is in a group already; each may be in one only.",
    ),
    "policy-threshold": (
        "策略文件 {path} 第 {line} 行的个数应为 all、any，或不超过成员数的正整数。",
        "The threshold in line {line} of the policy {path} is all, any, or a number up to that of members.",
    ),
    "policy-name-taken": (
        "策略文件 {path} 第 {line} 行的名称已被使用（none 不可用作名称）。",
        "The name in line {line} of the policy {path} is taken (none cannot be one).",
    ),
    "policy-key-twice": (
        "策略文件 {path} 第 {line} 行的公钥在前面已出现。",
        "The key in line {line} of the policy {path} stands in an earlier line.",
    ),
    "policy-quorum-count": (
        "策略文件 {path} 应恰有一行 quorum。不要求见证时写 quorum none。",
        "The policy {path} needs exactly one quorum line. Write quorum none to want no witness.",
    ),
    "witness-exists": (
        "{folder} 中已有见证人密钥。请换一个目录；密钥不会被覆盖。",
        "There is a witness's key in {folder} already. Choose another folder; a key is never overwritten.",
    ),
    "witness-name": (
        "见证人名称 {name} 不可用：应为不含空格和“+”的名称，例如 witness.example.gov/finance。",
        "{name} cannot be a witness's name: it has neither spaces nor '+', like witness.example.gov/finance.",
    ),
    "witness-missing": (
        "{folder} 中没有见证人密钥。请先运行 sunseal witness init。",
        "There is no witness's key in {folder}. Run sunseal witness init first.",
    ),
    "witness-key": (
        "无法打开 {path}：口令不对或文件损坏。",
        "{path} does not open: the password is wrong or the file damaged.",
    ),
    "witness-running": (
        "已有程序在使用 {folder}。同一见证人不能同时运行两次，否则可能为两个不同的日志签名。",
        "Another process uses {folder}. A witness never runs twice, or it might cosign two logs.",
    ),
    "witness-log-twice": ("这个日志已在列。", "This log is watched already."),
    "witness-no-logs": (
        "见证人还没有要见证的日志。请先运行：sunseal witness add-log --state {folder} 日志公钥",
        "This witness watches no log yet. Run first: sunseal witness add-log --state {folder} VKEY",
    ),
    "witness-address": (
        "无法在 {host}:{port} 上监听：{reason}。请换一个端口或地址。",
        "Cannot listen at {host}:{port}: {reason}. Choose another port or address.",
    ),
    "cosignatures-missing": (
        "正在等待见证人为包含第 {position} 条记录的检查点副署；已副署：{found}；策略要求：{quorum}。"
        "副署足够后将立即继续。",
        "Waiting for witnesses to cosign a checkpoint that holds entry {position}; cosigned so far: {found}; "
        "the policy wants: {quorum}. This goes on as soon as they have.",
    ),
}
