// The part of a page about what this browser trusts and has seen: root and log key, the log, whose cosignatures it wants.
import type { Api } from "../api";
import { PolicyError } from "../signing/errors";
import { NoteVerifier, parseCheckpoint } from "../signing/notes";
import { parsePolicy, type LogPolicy } from "../signing/policies";
import type { Bytes } from "../signing/encoding";
import { AnchorsChanged, fingerprintsOf, pin, trustedAnchors, type Anchors } from "./anchors";
import { download, h } from "./dom";
import { keptLog } from "./keeping";
import { LogFollower, splitFile, type LogMemory, type Split } from "./log-follower";
import { attempt } from "./page";
import { Refused, fingerprint as groups, t, when } from "./words";

export class LogPanel {
  private readonly progress = h("div");
  private policyNow: LogPolicy | null = null;

  private constructor(
    private readonly place: HTMLElement, readonly anchors: Anchors, readonly follower: LogFollower,
    private readonly log: NoteVerifier, private readonly memory: LogMemory,
  ) {}

  /** What is kept, shown in `place`; AnchorsChanged, shown there too, if the platform shows something else. */
  static async of(place: HTMLElement, api: Api): Promise<LogPanel> {
    let anchors: Anchors;
    try {
      anchors = await trustedAnchors(api);
    } catch (error) {
      if (error instanceof AnchorsChanged) place.replaceChildren(...changed(error));
      throw error;
    }
    const log = await NoteVerifier.fromVkey(anchors.logKey);
    const memory = keptLog(log.name);
    const panel: LogPanel = new LogPanel(place, anchors, new LogFollower(api, log, memory, (done, all) => panel.tell(done, all)), log, memory);
    await panel.show();
    return panel;
  }

  /** The witnesses wanted; null for nobody. */
  get policy(): LogPolicy | null {
    return this.policyNow;
  }

  /** As it is now; after what was followed has changed. */
  async show(): Promise<void> {
    const kept = (await this.memory.read("policy")) as Bytes | undefined;
    this.policyNow = kept === undefined ? null : await parsePolicy(kept);
    this.progress.replaceChildren();
    this.place.replaceChildren(
      ...(await this.follower.splits()).map(contradiction), this.trusted(), await this.seen(), this.progress, this.witnesses(),
    );
  }

  private tell(done: number, all: number): void {
    if (done === all) return this.progress.replaceChildren();
    const said = t(`正在读取公开日志：${done} / ${all} 条`, `Reading the public log: ${done} of ${all} entries`);
    const bar = h("progress", { class: "w-100", max: String(all), value: String(done), "aria-label": said });
    this.progress.replaceChildren(h("p", { class: "quiet mb-1" }, said), bar);
  }

  private trusted(): HTMLElement {
    const { compared } = this.anchors;
    const lines = prints(this.anchors);
    if (compared !== null) {
      return h("details", { class: "mb-2" }, h("summary", {}, t("根证书与日志公钥已核对并固定", "Root and log key: compared and kept")),
        ...lines, h("p", { class: "quiet mb-0" }, t("核对于 ", "Compared at "), when(compared)));
    }
    return h("div", { class: "mb-2" }, comparison(lines, t("与书面一致，固定下来", "They are the same: keep these"), this.anchors));
  }

  private async seen(): Promise<HTMLElement> {
    const note = (await this.memory.read("checkpoint")) as Bytes | undefined;
    if (note === undefined) return h("p", { class: "quiet" }, t("本浏览器还没有看过公开日志。", "This browser has not seen the public log yet."));
    const { size } = await parseCheckpoint(note, this.log, this.log.name);
    return h("p", { class: "quiet" }, t(`本浏览器记得公开日志到第 ${size} 条；以后出示的日志都必须是它的延续。`,
      `This browser remembers the public log up to entry ${size}; whatever is shown later must extend it.`));
  }

  private witnesses(): HTMLElement {
    const wrong = h("div");
    const file = h("input", { type: "file", class: "form-control", id: "log-policy" });
    const take = h("button", { type: "button", class: "btn btn-outline-secondary" }, t("采用此策略", "Use this policy"));
    take.addEventListener("click", () => void attempt(take, wrong, async () => {
      const [chosen] = file.files ?? [];
      if (chosen === undefined) throw new Refused("请先选择策略文件。", "Choose the policy's file first.");
      const data = new Uint8Array(await chosen.arrayBuffer());
      this.check(await read(data));
      await this.memory.write("policy", data);
      await this.show();
    }));
    const drop = h("button", { type: "button", class: "btn btn-outline-secondary" }, t("不再要求", "Want none any more"));
    drop.addEventListener("click", () => void attempt(drop, wrong, async () => {
      await this.memory.write("policy", undefined);
      await this.show();
    }));
    const names = this.policyNow?.witnesses.map(({ label }) => label).join(t("、", ", ")) ?? "";
    const quorum = this.policyNow?.wanted ?? null;
    return h("details", {},
      h("summary", {}, quorum === null ? t("不要求见证人副署日志", "No witness's cosignature of the log is wanted")
        : t(`要求见证人副署日志：${names}（${quorum}）`, `Wanted: cosignatures of the log by ${names} (${quorum})`)),
      h("p", { class: "quiet mt-2" }, t("见证策略（tlog-policy）写明要哪些单位副署日志；副署不足时不交出任何内容。请从本单位或监督部门取得该文件。",
        "A policy (tlog-policy) names the departments that must have cosigned the log; with too few nothing is given out. Take the file from your own department or the supervisor.")),
      h("div", { class: "field" }, h("label", { class: "form-label", for: "log-policy" }, t("策略文件", "Policy")), file),
      h("p", { class: "line mb-0" }, take, ...(this.policyNow === null ? [] : [drop])), wrong);
  }

  private check(policy: LogPolicy): void {
    if (policy.logs.length > 0 && !policy.logs.some(({ vkey }) => vkey === this.log.vkey)) {
      throw new Refused("此策略写的是另一个日志的公钥，不是本平台日志的。请取得本平台的策略文件。",
        "This policy has another log's key, not this platform's. Get the policy of this platform.");
    }
  }
}

async function read(data: Bytes): Promise<LogPolicy> {
  try {
    return await parsePolicy(data);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new Refused(`策略文件第 ${error.line} 行有误（${error.code}）。请更正后重新选择。`,
      `Line ${error.line} of the policy is wrong (${error.code}). Correct it and choose the file again.`);
  }
}

function prints(anchors: Anchors): HTMLElement[] {
  const { roots, log } = fingerprintsOf(anchors);
  const line = (label: string, hex: string): HTMLElement => h("p", { class: "mb-1" }, label, h("br"), h("span", { class: "mono" }, groups(hex)));
  return [
    ...roots.map((one) => line(t("平台根证书 SHA-256：", "Root certificate, SHA-256: "), one)),
    line(t("日志公钥 SHA-256：", "Key of the log, SHA-256: "), log),
  ];
}

function comparison(lines: readonly HTMLElement[], label: string, anchors: Anchors): HTMLElement {
  const wrong = h("div");
  const button = h("button", { type: "button", class: "btn btn-outline-secondary", id: "pin" }, label);
  button.addEventListener("click", () => void attempt(button, wrong, async () => {
    await pin(anchors);
    location.reload();
  }));
  return h("div", {},
    h("p", {}, t("本浏览器的一切核对都以这两项为准。请与运营方书面或电话告知的指纹逐组比较，一致才固定；固定后平台若改用别的，本页拒绝操作。",
      "All checks of this browser rest on these two. Compare them, group by group, with those that the operator gave you on paper or by telephone; keep them only if they are the same. If the platform shows others later, this page refuses.")),
    ...lines, h("p", { class: "mt-2 mb-0" }, button), wrong);
}

function changed({ kept, shown }: AnchorsChanged): HTMLElement[] {
  return [
    h("p", { class: "refusal", role: "alert" }, t("平台出示的与本浏览器固定的不同。", "The platform shows others than this browser keeps.")),
    h("h3", { class: "h6" }, t("固定的", "Kept")), ...prints(kept),
    h("h3", { class: "h6 mt-2" }, t("平台现在出示的", "Shown now")), ...prints(shown),
    h("details", { class: "mt-2" }, h("summary", {}, t("运营方已另行告知更换", "The operator told me of the change by another way")),
      comparison([], t("与新的书面一致，改为固定新的", "They agree with the new letter: keep the new ones"), shown)),
  ];
}

/** The two checkpoints, as proof for the supervisor. */
function contradiction(split: Split): HTMLElement {
  const name = `split-view-${split.at.slice(0, 19).replaceAll(":", "")}.txt`;
  return h("div", { class: "mb-3" },
    h("p", { class: "refusal", role: "alert" }, t(`公开日志曾被改写：${when(split.at)} 平台出示了与此前所见相矛盾的日志，两份都有平台日志密钥的签名。请把举证文件交给监督部门。`,
      `The public log was rewritten: at ${when(split.at)} the platform showed a log that contradicts the one seen before, and its key signed both. Give the proof to the supervisor.`)),
    download(name, splitFile(split), "text/plain", t("保存举证文件", "Save the proof")));
}
