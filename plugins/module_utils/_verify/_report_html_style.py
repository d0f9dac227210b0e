# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
"""The style of the HTML report.

This module util is **private** to the collection.
Colours are named once per scheme; everything below speaks of names. No style attribute is used anywhere, so that the
page keeps its looks under a content security policy that allows this text alone.
"""

_COLOURS = """
:root {
  color-scheme: light dark;
  --ground: #f7f6f3; --paper: #ffffff; --sunk: #f1efea; --text: #1d2126; --quiet: #5c6570; --line: #dfdcd5;
  --link: #24569c; --focus: #2f6fd0;
  --pass: #1b7a4b; --pass-ground: #e4f2ea; --pass-soft: #8cc3a5;
  --fail: #b8271f; --fail-ground: #fbe7e4; --fail-soft: #e39b94;
  --warn: #8f5a00; --warn-ground: #fbf0d9; --warn-soft: #dcb873;
  --still: #66707c; --still-ground: #eceae5; --still-soft: #b4b9be;
  --sign: #ffffff; --time: #7f93ad;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121417; --paper: #1a1d21; --sunk: #15181b; --text: #e6e8ea; --quiet: #9ba4ae; --line: #2e3339;
    --link: #8ab6f2; --focus: #7fb0f5;
    --pass: #57c08c; --pass-ground: #14291f; --pass-soft: #2c6b4c;
    --fail: #ff8177; --fail-ground: #351916; --fail-soft: #8e3b35;
    --warn: #e6b450; --warn-ground: #30250f; --warn-soft: #7d6023;
    --still: #98a2ad; --still-ground: #25292e; --still-soft: #4d555e;
    --sign: #121417; --time: #5f7795;
  }
}
"""

_PAGE = """
*, *::before, *::after { box-sizing: border-box; }
html { scroll-padding-top: 64px; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 15px/1.55 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
.page, main, footer { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
h1, h2, h3, p, dl, dd, ul { margin: 0; padding: 0; }
ul { list-style: none; }
h2 { font-size: 22px; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; }
h3 { font-size: 15px; font-weight: 650; }
a { color: var(--link); text-underline-offset: 4px; }
code, pre { font: .88em/1.5 ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { overflow-wrap: anywhere; }
.whole { white-space: nowrap; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
[hidden] { display: none !important; }
.hidden-text {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
.skip-link { position: absolute; left: -999px; top: 8px; z-index: 3; padding: 6px 12px; background: var(--paper); }
.skip-link:focus { left: 8px; }
.symbols { position: absolute; }
.quiet { color: var(--quiet); }
.lead { color: var(--quiet); margin-top: 4px; max-width: 100ch; }
main > section { padding: 44px 0 0; }
section > h2 + *, section > .lead + * { margin-top: 20px; }
footer { padding-top: 48px; padding-bottom: 40px; font-size: 13px; }

.masthead {
  padding: 36px 0 30px; background: var(--paper);
  border-top: 6px solid; border-bottom: 1px solid var(--line);
}
.masthead.is-pass { border-top-color: var(--pass); }
.masthead.is-fail { border-top-color: var(--fail); }
.verdict {
  display: flex; align-items: center; gap: 14px;
  font-size: 52px; line-height: 1; font-weight: 750; letter-spacing: -.02em;
}
.is-pass .verdict { color: var(--pass); }
.is-fail .verdict { color: var(--fail); }
h1 {
  margin-top: 16px; font-size: 24px; line-height: 1.3; font-weight: 450; letter-spacing: -.01em;
  overflow-wrap: anywhere;
}
h1 b { font-weight: 650; }
.verdict-line { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: end; gap: 12px 32px; }
.when { display: grid; text-align: right; font-variant-numeric: tabular-nums; line-height: 1.4; }
.when time { font-size: 17px; font-weight: 600; }
.about { display: flex; flex-wrap: wrap; gap: 14px 56px; margin-top: 22px; }
dt { color: var(--quiet); font-size: 13px; }
.about dd, .versions dd { font-weight: 550; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.tally { margin-top: 26px; }
.tally .bar { height: 8px; border-radius: 4px; }
.tally ul { display: flex; flex-wrap: wrap; gap: 4px 22px; margin-top: 10px; }
.tally li { display: flex; align-items: center; gap: 6px; }

nav { position: sticky; top: 0; z-index: 2; background: var(--paper); border-bottom: 1px solid var(--line); }
nav .page { display: flex; align-items: center; gap: 24px; height: 46px; overflow-x: auto; }
nav ul { display: flex; gap: 20px; }
nav a { color: var(--quiet); text-decoration: none; white-space: nowrap; font-size: 14px; }
nav a:hover { color: var(--text); }
nav .to-top .pill { max-width: 280px; overflow: hidden; text-overflow: ellipsis; }
"""

_PARTS = """
.mark { flex: none; vertical-align: -.18em; }
.mark-body { fill: currentColor; }
.mark-sign { fill: none; stroke: var(--sign); stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; }
.mark.is-pass, .word.is-pass, .word.is-good { color: var(--pass); }
.mark.is-fail, .word.is-fail, .word.is-bad { color: var(--fail); }
.mark.is-warn, .word.is-warn, .word.is-doubt { color: var(--warn); }
.mark.is-blocked, .mark.is-skip, .word.is-closed { color: var(--still); }
.word { font-weight: 600; white-space: nowrap; }
.word .mark { margin-right: 6px; color: inherit; }
.pill {
  display: inline-flex; align-items: baseline; gap: 6px; padding: 1px 9px 1px 7px; border-radius: 999px;
  font-size: 13px; font-weight: 600; white-space: nowrap;
}
.pill .mark { align-self: center; }
.pill.is-pass { color: var(--pass); background: var(--pass-ground); }
.pill.is-fail { color: var(--fail); background: var(--fail-ground); }
.pill.is-warn { color: var(--warn); background: var(--warn-ground); }

.bar {
  display: block; width: 100%; height: 10px; border-radius: 2px; background: var(--still-ground); overflow: hidden;
}
.bar .is-pass { fill: var(--pass); } .bar .is-fail { fill: var(--fail); } .bar .is-warn { fill: var(--warn); }
.bar .is-blocked { fill: var(--still); } .bar .is-skip { fill: var(--still-soft); }
.bar .time { fill: var(--time); } .bar .gone { fill: var(--still-soft); } .bar .left { fill: var(--pass); }
.bar .left.is-warn { fill: var(--warn); } .bar .left.is-fail { fill: var(--fail); }

/* A shade at the side where a table goes on: the covers move with the table, the shades stay. */
.scroll {
  --under: var(--paper);
  overflow-x: auto;
  background:
    linear-gradient(to right, var(--under) 40%, transparent) left / 36px 100% no-repeat local,
    linear-gradient(to left, var(--under) 40%, transparent) right / 36px 100% no-repeat local,
    linear-gradient(to right, var(--still-soft), transparent) left / 14px 100% no-repeat scroll,
    linear-gradient(to left, var(--still-soft), transparent) right / 14px 100% no-repeat scroll,
    var(--under);
}
.evidence .scroll { --under: var(--sunk); }
.panel { border: 1px solid var(--line); border-radius: 6px; }
.panel th, .panel td, .panel th:last-child, .panel td:last-child { padding: 9px 14px; }
.panel tbody tr:last-child > * { border-bottom: 0; }
table { width: 100%; border-collapse: collapse; font-size: 14px; line-height: 1.45; }
th, td { padding: 8px 20px 8px 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--quiet); font-size: 13px; font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 600; }
tbody th, td code { white-space: nowrap; }
td .long, th .long { display: block; min-width: 18ch; white-space: normal; overflow-wrap: anywhere; }
.facts-table td { white-space: nowrap; }
.racks td:last-child { white-space: normal; min-width: 92px; }
.racks-frame th, .racks-frame td { padding-left: 11px; padding-right: 11px; }
.facts-table td.quiet, .facts-table td.quiet code { white-space: normal; overflow-wrap: normal; font-size: 12px; }
.facts-table td.quiet { min-width: 168px; }
.wrap { min-width: 220px; }
.inner th, .inner code { white-space: normal; overflow-wrap: break-word; }
td.figure { font-variant-numeric: tabular-nums; white-space: nowrap; }
td.quiet { font-size: 13px; }
tr.is-fail > * { background: var(--fail-ground); }
tr.is-warn > * { background: var(--warn-ground); }
tr.total > * { border-bottom: 0; font-weight: 600; }
.tls-check thead th { letter-spacing: .04em; font-size: 12px; }
.tls-check code { font-size: 12px; }
.tls-check-frame th, .tls-check-frame td { padding-left: 10px; padding-right: 10px; }
.lifetime { width: 30%; min-width: 160px; vertical-align: middle; }
.steps-frame { max-width: 760px; }
.steps .lifetime { width: 55%; }
table.inner { width: auto; font-size: 13px; }
table.inner th, table.inner td { padding: 3px 24px 3px 0; font-weight: 400; }

.fold { margin-top: 12px; }
.fold > summary { cursor: pointer; color: var(--link); width: fit-content; }
.fold > summary + * { margin-top: 8px; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 26px; margin-top: 14px; font-size: 13px; color: var(--quiet); }
.legend li { display: flex; align-items: center; gap: 8px; }
.versions { display: grid; grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); gap: 18px 24px; }
"""

_DRAWINGS = """
svg text { fill: var(--text); font-size: 13px; }
.datacenter {
  display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 8px 32px; align-items: center;
  margin-bottom: 24px;
}
.beside h3 { margin-bottom: 6px; }
.ring, .mesh { display: block; width: 100%; height: auto; }
.arc { stroke: none; }
.arc.is-pass { fill: var(--pass); } .arc.is-warn { fill: var(--warn); } .arc.is-fail { fill: var(--fail); }
.arc:hover { opacity: .8; }
.rack-band { fill: var(--still-soft); }
svg .rack-name { fill: var(--quiet); font-size: 13px; }
svg .ring-number { font-size: 38px; font-weight: 700; letter-spacing: -.02em; }
svg .ring-word { fill: var(--quiet); }
svg .node-name { font-weight: 600; font-size: 14px; }
svg .node-state { fill: var(--quiet); font-size: 13px; }
svg .is-one-line .node-name { font-size: 13px; }
svg .node-state.is-fail, svg .node-name.is-fail { fill: var(--fail); }
svg .node-state.is-warn, svg .node-name.is-warn { fill: var(--warn); }
.leader { stroke: var(--still-soft); }
.mesh.is-narrow { display: none; }
.box { fill: var(--paper); stroke: var(--line); }
.box.is-outside { stroke-dasharray: 4 4; stroke: var(--still-soft); fill: none; }
.sidecar { fill: var(--pass); }
.sidecar.is-bad { fill: var(--fail); }
svg .box-name { font-weight: 600; font-size: 14px; }
svg .box-about { fill: var(--quiet); font-size: 12px; }
svg .box-port { font-weight: 700; font-size: 17px; font-variant-numeric: tabular-nums; }
.wire { stroke: currentColor; stroke-width: 1.6; opacity: .75; }
.is-plain .wire { stroke-dasharray: 3 5; stroke-linecap: round; }
.wire-end { fill: currentColor; stroke: currentColor; stroke-width: 1; }
.wire-end.is-open { fill: none; stroke-width: 2; stroke-linecap: round; }
.talk.is-good, use.is-good, .mark.is-good { color: var(--pass); }
.talk.is-closed, use.is-closed, .mark.is-closed { color: var(--still); }
.talk.is-doubt, use.is-doubt, .mark.is-doubt { color: var(--warn); }
.talk.is-bad, use.is-bad, .mark.is-bad { color: var(--fail); }
.talk.is-bad .wire { stroke-width: 2.6; opacity: 1; }
.talk:hover .wire { stroke-width: 3; opacity: 1; }
svg .slot.is-bad { fill: var(--fail); font-weight: 600; }
svg .slot.is-doubt { fill: var(--warn); font-weight: 600; }
"""

_CHECKS = """
.alarms { display: grid; gap: 12px; }
.alarm {
  padding: 16px 20px; background: var(--paper);
  border: 1px solid var(--line); border-left: 4px solid; border-radius: 4px;
}
.alarm.is-fail { border-left-color: var(--fail); }
.alarm.is-warn { border-left-color: var(--warn); }
.alarm h3 { display: flex; gap: 10px; align-items: baseline; font-size: 16px; line-height: 1.4; font-weight: 600; }
.alarm h3, .alarm p { max-width: 104ch; overflow-wrap: anywhere; }
.alarm p { margin: 8px 0 0 26px; }
.alarm .quiet { font-size: 13px; }
.remedy { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 12px; overflow-wrap: anywhere; }

.filter {
  display: flex; flex-wrap: wrap; align-items: center; gap: 10px; padding: 10px 0;
  position: sticky; top: 46px; z-index: 1; background: var(--ground);
}
.chips { display: flex; flex-wrap: wrap; gap: 6px; }
.chip, .filter select, .filter input {
  font: inherit; font-size: 14px; line-height: 20px; color: var(--text); background: var(--paper);
  border: 1px solid var(--line); border-radius: 6px; padding: 4px 10px;
}
.chip { display: inline-flex; align-items: center; gap: 6px; cursor: pointer; }
.chip:hover { border-color: var(--still); }
.chip[aria-pressed="false"] { background: none; color: var(--quiet); border-style: dashed; }
.chip[aria-pressed="false"] .mark { opacity: .4; }
.filter input { width: 190px; }
.filter label, .filter select { max-width: 100%; }
#filter-count { margin-left: auto; font-size: 13px; font-variant-numeric: tabular-nums; }
.group { margin-top: 18px; }
.group h3 { display: flex; gap: 12px; align-items: baseline; padding-bottom: 6px; text-transform: capitalize; }
.group h3 .quiet { font-size: 13px; font-weight: 400; text-transform: none; }
.check { background: var(--paper); border: 1px solid var(--line); border-top: 0; }
.group h3 + .check, .check[hidden] + .check { border-top: 1px solid var(--line); }
.check > summary {
  display: grid; grid-template-columns: 16px minmax(0, 5fr) minmax(0, 7fr); gap: 4px 14px; align-items: baseline;
  padding: 9px 16px; cursor: pointer; list-style: none;
}
.check > summary::-webkit-details-marker { display: none; }
.check > summary:hover { background: var(--sunk); }
.check-title { font-weight: 550; overflow-wrap: anywhere; }
.check-message { color: var(--quiet); overflow-wrap: anywhere; }
.check.is-fail .check-message, .check.is-warn .check-message { color: var(--text); }
.check-body { padding: 6px 16px 18px 46px; display: grid; gap: 12px; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 3px 20px; font-size: 14px; }
.facts dt { overflow-wrap: anywhere; max-width: 260px; font-size: 14px; }
.facts dd { min-width: 0; }
.evidence { padding: 12px 16px; background: var(--sunk); border-radius: 4px; min-width: 0; }
.evidence .fold { margin-top: 0; }
.evidence pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.values { display: flex; flex-wrap: wrap; gap: 0 18px; }
.nothing { padding: 24px 0; color: var(--quiet); }
"""

_OTHER_MEDIA = """
/* Text that shrinks with a picture cannot be read: each drawing has the width it needs, or another one is shown. */
@media screen and (max-width: 1060px) {
  .datacenter { grid-template-columns: minmax(0, 1fr); }
  .ring { max-width: 640px; margin: 0 auto; }
}
@media screen and (max-width: 880px) {
  .mesh.is-wide { display: none; }
  .mesh.is-narrow { display: block; max-width: 460px; }
}
@media screen and (max-width: 820px) {
  .page, main, footer { padding-left: 16px; padding-right: 16px; }
  .verdict { font-size: 40px; }
  .when { text-align: left; }
  h1 { font-size: 20px; }
  .filter { position: static; }
  .panel th, .panel td, .panel th:last-child, .panel td:last-child { padding: 8px 10px; }
  .lifetime { min-width: 64px; }
  .facts-table td.quiet code { white-space: nowrap; }
  .check > summary { grid-template-columns: 16px minmax(0, 1fr); }
  .check-message { grid-column: 2; }
  .check-body { padding-left: 16px; }
  .facts { grid-template-columns: minmax(0, 1fr); }
  .facts dd { margin-bottom: 8px; }
}
@media screen and (max-width: 640px) {
  /* The ring goes without names, which the table has. */
  .ring { width: 190%; max-width: none; margin-left: -45%; }
  .ring .label { display: none; }
  .picture { overflow: hidden; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@media (forced-colors: active) {
  .arc, .bar rect { forced-color-adjust: none; }
  .pill, .chip, .alarm, .check { border: 1px solid; }
}
@media print {
  :root {
    --ground: #fff; --paper: #fff; --sunk: #f6f6f4; --text: #000; --quiet: #444; --line: #ccc; --link: #000;
    --pass: #1b7a4b; --pass-ground: #fff; --fail: #b8271f; --fail-ground: #fff; --warn: #8f5a00; --warn-ground: #fff;
    --still: #66707c; --still-ground: #eee; --still-soft: #b4b9be; --sign: #fff; --time: #7f93ad;
    color-scheme: light;
  }
  body { font-size: 10pt; line-height: 1.45; }
  .masthead { padding: 16px 0; }
  .check > summary { padding: 5px 12px; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  nav, .filter, .skip-link { display: none !important; }
  .page, main, footer { max-width: none; padding-left: 0; padding-right: 0; }
  main > section { padding-top: 24px; }
  h2, h3, .lead { break-after: avoid; }
  tr, .alarm, .datacenter, .mesh, .check > summary { break-inside: avoid; }
  .datacenter { display: block; }
  .ring { width: 130mm; margin: 0 auto; }
  table { font-size: 8.5pt; }
  th, td { padding-right: 8px; }
  .scroll { overflow: visible; background: none; }
  .panel th, .panel td, .panel th:last-child, .panel td:last-child { padding: 3px 6px; }
  thead, summary { break-after: avoid; }
  .facts-table { font-size: 8pt; }
  .tls-check td code, .tls-check th code { font-size: 7.5pt; white-space: normal; }
  .pill { white-space: normal; }
  .facts-table tbody th, .facts-table .long { min-width: 84px; white-space: normal; overflow-wrap: anywhere; }
  .facts-table td.quiet, .facts-table td.quiet code { min-width: 92px; font-size: 6.5pt; line-height: 1.25; }
}
@page { margin: 14mm; }
"""

STYLE = _COLOURS + _PAGE + _PARTS + _DRAWINGS + _CHECKS + _OTHER_MEDIA
