// What the data says, made visible. Texts go in as text, never as markup.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const text = (id) => (id ? data.strings[id] : "");

// In the order of urgency.
const LOOKS = Object.assign(Object.create(null), {
  stale: ["✘", "bad"], torn: ["✘", "bad"], partial: ["✘", "bad"], unknown: ["?", "warn"],
  pending: ["·", "quiet"], late: ["✔", "warn"], reloaded: ["✔", "good"], restarted: ["✔", "good"],
  unchanged: ["·", "quiet"], superseded: ["·", "quiet"], exited: ["·", "quiet"],
});
const ORDER = Object.keys(LOOKS);
const lookOf = (verdict) => LOOKS[verdict] || ["?", "warn"];
const isFailure = (verdict) => lookOf(verdict)[1] === "bad";
const isUnsure = (verdict) => verdict === "unknown" || !LOOKS[verdict];

const byId = (id) => document.getElementById(id);
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "style") Object.assign(element.style, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}
const plural = (count, noun, many = `${noun}s`) => `${count.toLocaleString("en")} ${count === 1 ? noun : many}`;

// ---- words -----------------------------------------------------------------------------------

const dateOf = (ms) => new Date(ms).toISOString().slice(0, 10);
const timeOf = (ms) => new Date(ms).toISOString().slice(11, 23);
function span(ms) {
  if (ms === undefined) return "";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 100000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

const publishes = data.publishes.map((raw, index) => ({
  index, at: raw.at, node: text(raw.node), kind: text(raw.kind), name: text(raw.name), pod: text(raw.pod),
  hostPath: text(raw.host_path), from: text(raw.from), to: text(raw.to), version: text(raw.version),
  writer: text(raw.writer), changed: raw.changed.map(text), verdicts: [],
}));
for (const publish of publishes) {
  publish.volume = `${publish.kind} ${publish.kind === "directory" ? publish.hostPath || publish.name : publish.name}`;
}
const verdicts = data.verdicts.map((raw, index) => ({
  index, raw, publish: publishes[raw.publish], at: raw.at, verdict: text(raw.verdict), cause: text(raw.cause),
  evidence: text(raw.evidence), advice: text(raw.advice), degraded: raw.degraded === true,
  reader: text(raw.reader), pod: text(raw.pod), trigger: text(raw.trigger), read: raw.read,
  // How long it took, or how long it has not come.
  took: raw.read !== undefined ? raw.read : Math.max(0, raw.at - publishes[raw.publish].at),
}));
for (const one of verdicts) {
  const publish = one.publish;
  publish.verdicts.push(one);
  one.urgency = ORDER.includes(one.verdict) ? ORDER.indexOf(one.verdict) : ORDER.indexOf("unknown");
  one.haystack = [one.pod, one.reader, one.verdict, one.cause, one.evidence, one.trigger, text(one.raw.process),
    text(one.raw.container), publish.volume, publish.node, publish.version, publish.to].join("\n").toLowerCase();
}
const counts = new Map();
for (const one of verdicts) counts.set(one.verdict, (counts.get(one.verdict) || 0) + 1);
const rank = (verdict) => (ORDER.includes(verdict) ? ORDER.indexOf(verdict) : ORDER.length);
const seen = [...counts.keys()].sort((a, b) => rank(a) - rank(b));

// ---- what is chosen --------------------------------------------------------------------------

const PAGE_OF_PUBLISHES = 25, PAGE_OF_ROWS = 100;
const view = { verdicts: new Set(), search: "", sort: "verdict", down: false, publishes: PAGE_OF_PUBLISHES, rows: PAGE_OF_ROWS };
const isFiltered = () => view.verdicts.size > 0 || view.search !== "";
const isChosen = (one) =>
  (view.verdicts.size === 0 || view.verdicts.has(one.verdict)) &&
  (view.search === "" || view.search.split(/\s+/).every((word) => one.haystack.includes(word)));

// ---- the top ---------------------------------------------------------------------------------

function drawHeader() {
  const failures = verdicts.filter((one) => isFailure(one.verdict));
  const readers = new Set(failures.map((one) => [one.publish.node, one.pod, one.reader, one.publish.volume].join("\n")));
  const unsure = verdicts.filter((one) => isUnsure(one.verdict)).length;
  byId("headline").textContent =
    verdicts.length === 0 ? "No verdict was reached."
    : failures.length > 0 ? `${plural(readers.size, "reader")} did not reread ${failures.some((one) => one.verdict !== "stale") ? "all of " : ""}the configuration${publishes.length > 1 ? " after a publish" : ""}.`
    : unsure > 0 ? `No failure is known; of ${plural(unsure, "verdict")} nothing could be proven.`
    : "No reader failed to reread the configuration.";
  const nodes = [...new Set(publishes.map((publish) => publish.node))];
  const first = publishes[0]?.at;
  const last = verdicts.reduce((latest, one) => Math.max(latest, one.at), publishes.at(-1)?.at);
  const when = publishes.length === 0 ? ""
    : dateOf(first) === dateOf(last) ? `${dateOf(first)} ${timeOf(first).slice(0, 8)} – ${timeOf(last).slice(0, 8)} UTC`
    : `${dateOf(first)} ${timeOf(first).slice(0, 8)} – ${dateOf(last)} ${timeOf(last).slice(0, 8)} UTC`;
  byId("origin").textContent = [when, nodes.length === 1 ? `node ${nodes[0]}` : plural(nodes.length, "node"),
    plural(publishes.length, "publish", "publishes"), plural(verdicts.length, "verdict")].filter(Boolean).join("  ·  ");
  byId("footer").textContent = `Made by reloadtrace ${data.version} from ${data.source}. Rereading is what the kernel can prove; that a configuration was applied, it cannot.`;
  document.title = `reloadtrace report: ${data.source}`;
  drawLosses();
}

function drawLosses() {
  if (data.losses.length === 0) return;
  const lost = new Map();
  for (const loss of data.losses) for (const one of loss.lost) lost.set(text(one.cause), (lost.get(text(one.cause)) || 0) + one.count);
  const what = [...lost].map(([cause, count]) => `${cause} ${count.toLocaleString("en")}`).join(", ");
  const [first] = data.losses;
  const where = data.losses.length > 1 ? `${data.losses.length} times` : `on ${text(first.node)}${first.since && first.until ? ` between ${timeOf(first.since)} and ${timeOf(first.until)}` : ""}`;
  byId("losses").append(make("p", { class: "note" }, `Events were lost ${where}: ${what}. What they hid is called unknown, never stale.`));
}

function drawChips() {
  byId("strip").replaceChildren(...seen.map((verdict) => make("i", { class: lookOf(verdict)[1], style: { flexGrow: counts.get(verdict) } })));
  byId("chips").replaceChildren(...seen.map((verdict) => make("button", {
    type: "button", class: `chip ${lookOf(verdict)[1]}`, "aria-pressed": view.verdicts.has(verdict), "data-verdict": verdict,
    onclick: () => { view.verdicts.has(verdict) ? view.verdicts.delete(verdict) : view.verdicts.add(verdict); refilter(); },
  }, `${lookOf(verdict)[0]} ${verdict}`, make("b", {}, counts.get(verdict).toLocaleString("en")))));
}

function drawCauses() {
  const causes = new Map();
  for (const one of verdicts) if (one.cause) causes.set(one.cause, (causes.get(one.cause) || 0) + 1);
  const sorted = [...causes].sort((a, b) => b[1] - a[1]);
  byId("causes").replaceChildren(...sorted.slice(0, 8).map(([cause, count]) => make("button", {
    type: "button", class: "cause", "data-cause": cause, onclick: () => searchFor(view.search === cause ? "" : cause),
  }, make("span", { class: "mono" }, cause), make("b", {}, count.toLocaleString("en")))));
}

// ---- latencies -------------------------------------------------------------------------------

const DECADES = [0.1, 1, 10, 100, 1000, 10000, 100000, 1000000];
const nameOfDecade = (ms) => (ms < 1 ? `${ms * 1000} µs` : ms < 1000 ? `${ms} ms` : `${ms / 1000} s`);
const SVG = "http://www.w3.org/2000/svg";
function draw(tag, attributes, content) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (content !== undefined) element.textContent = content;
  return element;
}

function drawLatencies() {
  const all = verdicts.filter((one) => one.read !== undefined).map((one) => one.read).sort((a, b) => a - b);
  if (all.length === 0) {
    byId("latency").append(make("p", { class: "empty" }, "Nothing was reread."));
    return;
  }
  const at = (share) => all[Math.min(all.length - 1, Math.ceil(share * all.length) - 1)];
  const low = Math.floor(Math.log10(Math.max(all[0], 0.01))), high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(all.at(-1), 0.02)) + 1e-9));
  const perDecade = 6, bins = new Array((high - low) * perDecade).fill(0);
  for (const ms of all) bins[Math.max(0, Math.min(bins.length - 1, Math.floor((Math.log10(Math.max(ms, 0.01)) - low) * perDecade)))] += 1;
  const most = Math.max(...bins), width = 480, height = 88, step = width / bins.length;
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height + 18}`, role: "img", "aria-label": "Distribution of latencies", preserveAspectRatio: "none" });
  bins.forEach((count, i) => {
    if (count === 0) return;
    const tall = Math.max(2, (count / most) * (height - 6));
    const bar = draw("rect", { x: i * step + 1, y: height - tall, width: Math.max(1, step - 2), height: tall, rx: 1.5 });
    const from = 10 ** (low + i / perDecade), to = 10 ** (low + (i + 1) / perDecade);
    bar.append(draw("title", {}, `${plural(count, "reread")} within ${span(from)} – ${span(to)}`));
    svg.append(bar);
  });
  svg.append(draw("line", { x1: 0, x2: width, y1: height, y2: height }));
  for (let decade = low; decade <= high; decade += 1) {
    const anchor = decade === low ? "start" : decade === high ? "end" : "middle";
    svg.append(draw("text", { x: (decade - low) * perDecade * step, y: height + 15, "text-anchor": anchor }, nameOfDecade(10 ** decade)));
  }
  svg.setAttribute("preserveAspectRatio", "xMidYMid meet");
  const figure = (name, value) => make("span", {}, `${name} `, make("b", {}, value));
  byId("latency").append(svg, make("div", { class: "figures" }, figure("median", span(at(0.5))), figure("p90", span(at(0.9))),
    figure("p99", span(at(0.99))), figure("slowest", span(all.at(-1))), figure("rereads", all.length.toLocaleString("en"))));
}

// ---- the evidence ----------------------------------------------------------------------------

function story(one, withWords = true) {
  const { raw, publish } = one;
  const list = make("dl");
  const fact = (name, value) => value && list.append(make("dt", {}, name), make("dd", { class: "mono" }, value));
  const stage = (name, ms) => (ms === undefined ? "" : `${name} +${span(ms)}`);
  fact("told by", [one.trigger, text(raw.detail)].filter(Boolean).join("  "));
  fact("latency", [stage("notice", raw.notified), stage("open", raw.opened), stage("read", raw.read)].filter(Boolean).join("   "));
  fact("process", [text(raw.process), text(raw.exe)].filter(Boolean).join("  "));
  fact("other processes", (raw.processes || []).map((other) => `${text(other.process)} ${text(other.state)}`).join(", "));
  fact("observers", (raw.observers || []).map(text).join(", "));
  fact("container", text(raw.container));
  fact("volume", [publish.volume, text(raw.path) && `at ${text(raw.path)}`].filter(Boolean).join("  "));
  fact("on the node", [publish.node, publish.hostPath].filter(Boolean).join("  "));
  fact("publish", [`${dateOf(publish.at)} ${timeOf(publish.at)}`, publish.writer && `by ${publish.writer}`, publish.version && `version ${publish.version}`].filter(Boolean).join("  "));
  fact("generation", `${publish.from || "none"} → ${publish.to}`);
  fact("changed", publish.changed.join(", "));
  fact("confidence", one.degraded ? "degraded: something was lost, or a hook is missing" : "exact");
  return make("div", { class: "story" }, withWords ? make("p", { class: "evidence" }, one.evidence) : "",
    withWords && one.advice ? make("p", { class: "advice" }, `→ ${one.advice}`) : "", list);
}

// ---- publishes -------------------------------------------------------------------------------

const slowest = verdicts.reduce((most, one) => Math.max(most, one.took), 1);
const LOW = 0.01, SCALE = Math.log10(Math.max(10, slowest * 1.15) / LOW);
const place = (ms) => `${(Math.max(0, Math.log10(Math.max(ms, LOW) / LOW)) / SCALE) * 100}%`;

function axis() {
  const ticks = DECADES.filter((ms) => ms > LOW && ms <= slowest * 1.15).map((ms) => make("span", { style: { left: place(ms) } }, nameOfDecade(ms)));
  return make("div", { class: "axis", "aria-hidden": "true" }, make("div"), make("div", {}, ...ticks), make("div"));
}

function track(one) {
  const lane = make("span", { class: "track" }, make("b", { class: "swap", style: { left: "0" } }));
  const quiet = one.read === undefined && !isFailure(one.verdict) && !isUnsure(one.verdict);
  const missed = isFailure(one.verdict) || isUnsure(one.verdict) ? (isFailure(one.verdict) ? "silent" : "unsure") : "";
  if (!quiet) lane.append(make("i", { class: missed, style: { width: place(missed ? Math.max(0, one.at - one.publish.at) : one.took) } }));
  for (const stage of ["notified", "opened", "read"]) {
    const ms = one.raw[stage];
    if (ms !== undefined) lane.append(make("b", { class: stage, style: { left: place(ms) }, title: `${stage === "notified" ? "notice" : stage === "opened" ? "open" : "read"} +${span(ms)}` }));
  }
  // What is known at once stands beside the swap, not on it.
  if (missed) lane.append(make("b", { class: missed, style: { left: `max(12px, ${place(Math.max(0, one.at - one.publish.at))})` } }));
  return lane;
}

function lane(one) {
  const [glyph, look] = lookOf(one.verdict);
  const words = isFailure(one.verdict) || isUnsure(one.verdict)
    ? make("span", { class: "words" }, make("span", { class: look }, one.cause ? `${one.cause}: ` : ""), one.evidence,
      one.advice ? make("span", { class: "advice" }, `→ ${one.advice}`) : "") : "";
  const name = one.pod && one.pod !== one.publish.pod ? `${one.pod}/${one.reader}` : one.reader;
  const button = make("button", {
    type: "button", class: "lane", "aria-expanded": "false", title: name,
    onclick: () => {
      const open = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!open));
      open ? button.nextElementSibling.remove() : button.after(story(one, words === ""));
    },
  }, make("span", { class: "who" }, make("span", { class: look }, `${glyph} `), name), track(one),
  make("span", { class: `end ${look}` }, one.read !== undefined && !isFailure(one.verdict) ? span(one.read) : one.verdict), words);
  return button;
}

function card(publish, chosen) {
  const title = publish.version ? `version ${publish.version}` : publish.to;
  return make("article", { class: "publish" },
    make("div", { class: "head" }, make("span", { class: "time mono" }, timeOf(publish.at)),
      publish.pod ? make("span", {}, publish.pod) : "", make("span", { class: "what" }, publish.volume),
      make("span", { class: "mono soft", title: publish.to }, `→ ${title}`),
      publish.changed.length > 0 ? make("span", { class: "soft" }, `changed ${publish.changed.slice(0, 4).join(", ")}${publish.changed.length > 4 ? ` and ${publish.changed.length - 4} more` : ""}`) : "",
      make("span", { class: "soft" }, [publish.writer && `by ${publish.writer}`, `on ${publish.node}`].filter(Boolean).join(" "))),
    ...(chosen.length > 0 ? [axis()] : []),
    ...chosen.sort((a, b) => a.urgency - b.urgency || a.took - b.took).slice(0, 200).map(lane),
    chosen.length > 200 ? make("p", { class: "soft" }, `… and ${chosen.length - 200} more, in the table below`) : "",
    chosen.length === 0 ? make("p", { class: "soft" }, "No verdict on this publish.") : "");
}

function drawTimeline() {
  const all = [];
  for (const publish of publishes) {
    const chosen = isFiltered() ? publish.verdicts.filter(isChosen) : [...publish.verdicts];
    if (chosen.length > 0 || !isFiltered()) all.push([publish, chosen]);
  }
  byId("timeline").replaceChildren(...all.slice(0, view.publishes).map(([publish, chosen]) => card(publish, chosen)));
  if (all.length === 0) byId("timeline").append(make("p", { class: "empty" }, publishes.length === 0 ? "Nothing was published." : "Nothing matches the filter."));
  const left = all.length - view.publishes;
  byId("more-publishes").hidden = left <= 0;
  byId("more-publishes").textContent = `Show ${Math.min(left, PAGE_OF_PUBLISHES)} of ${left.toLocaleString("en")} more`;
}

// ---- readers ---------------------------------------------------------------------------------

const COLUMNS = [
  ["verdict", "Verdict", (one) => one.urgency], ["reader", "Reader", (one) => `${one.pod}/${one.reader}`],
  ["volume", "Volume", (one) => one.publish.volume], ["publish", "Publish", (one) => one.publish.at],
  ["trigger", "Told by", (one) => one.trigger], ["read", "Reread after", (one) => (one.read === undefined ? Infinity : one.read)],
  ["node", "Node", (one) => one.publish.node],
];

function row(one) {
  const [glyph, look] = lookOf(one.verdict);
  const element = make("tr", { class: "row", tabindex: "0", "aria-expanded": "false" },
    make("td", {}, make("span", { class: look }, `${glyph} ${one.verdict}`), one.cause ? make("div", { class: "soft mono" }, one.cause) : ""),
    make("td", {}, one.reader, one.pod ? make("div", { class: "soft" }, one.pod) : ""), make("td", {}, one.publish.volume),
    make("td", { class: "mono at", title: one.publish.to }, timeOf(one.publish.at), one.publish.version ? make("div", { class: "soft" }, one.publish.version) : ""),
    make("td", {}, one.trigger), make("td", { class: "number" }, span(one.read)), make("td", {}, one.publish.node));
  const toggle = () => {
    const open = element.getAttribute("aria-expanded") === "true";
    element.setAttribute("aria-expanded", String(!open));
    element.classList.toggle("open", !open);
    open ? element.nextElementSibling.remove() : element.after(make("tr", { class: "detail" }, make("td", { colspan: COLUMNS.length }, story(one))));
  };
  element.addEventListener("click", toggle);
  element.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(); } });
  return element;
}

function drawRows() {
  const valueOf = COLUMNS.find(([key]) => key === view.sort)[2];
  const chosen = verdicts.filter(isChosen).map((one) => [valueOf(one), one]);
  const turn = view.down ? -1 : 1;
  chosen.sort(([a, left], [b, right]) => (a < b ? -turn : a > b ? turn : left.index - right.index));
  byId("columns").replaceChildren(...COLUMNS.map(([key, title]) => make("th", {
    scope: "col", class: key === "read" ? "number" : null, "aria-sort": key === view.sort ? (view.down ? "descending" : "ascending") : null,
  }, make("button", {
    type: "button", "data-column": key,
    onclick: () => { view.down = view.sort === key && !view.down; view.sort = key; drawRows(); },
  }, title))));
  byId("rows").replaceChildren(...chosen.slice(0, view.rows).map(([, one]) => row(one)));
  if (chosen.length === 0) byId("rows").append(make("tr", {}, make("td", { class: "empty", colspan: COLUMNS.length }, verdicts.length === 0 ? "No verdict was reached." : "Nothing matches the filter.")));
  byId("count").textContent = isFiltered() ? `${chosen.length.toLocaleString("en")} of ${plural(verdicts.length, "verdict")}` : plural(verdicts.length, "verdict");
  const left = chosen.length - view.rows;
  byId("more-rows").hidden = left <= 0;
  byId("more-rows").textContent = `Show ${Math.min(left, PAGE_OF_ROWS)} of ${left.toLocaleString("en")} more`;
}

function searchFor(words) {
  byId("search").value = words;
  view.search = words.trim().toLowerCase();
  refilter();
}

function refilter() {
  view.publishes = PAGE_OF_PUBLISHES;
  view.rows = PAGE_OF_ROWS;
  drawChips();
  drawTimeline();
  drawRows();
}

// ---- the switch ------------------------------------------------------------------------------

const THEMES = ["auto", "light", "dark"];
byId("theme").addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(byId("theme").textContent) + 1) % THEMES.length];
  byId("theme").textContent = next;
  next === "auto" ? delete document.documentElement.dataset.theme : (document.documentElement.dataset.theme = next);
});
byId("search").addEventListener("input", (event) => searchFor(event.target.value));
byId("more-publishes").addEventListener("click", () => { view.publishes += PAGE_OF_PUBLISHES; drawTimeline(); });
byId("more-rows").addEventListener("click", () => { view.rows += PAGE_OF_ROWS; drawRows(); });

drawHeader();
drawCauses();
drawLatencies();
refilter();
