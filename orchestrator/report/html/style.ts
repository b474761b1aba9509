// The report's look: system fonts, a light and a dark set of colours, one column on a phone.

export const STYLE = `
:root{color-scheme:light dark;--back:#f6f7f9;--panel:#fff;--line:#dfe3e8;--text:#17202a;--quiet:#5d6b7a;--accent:#0b6bcb;--good:#0a7d45;--warn:#9a5b00;--bad:#c0271a;--band:#c0271a1a;
--c0:#0b6bcb;--c1:#c77700;--c2:#0a7d45;--c3:#8b3fb8;--c4:#00808c;--c5:#c0271a;--c6:#5d6b7a;--c7:#8a7400}
@media (prefers-color-scheme:dark){:root{--back:#0f141a;--panel:#171e26;--line:#2a3541;--text:#e6ebf0;--quiet:#93a1b0;--accent:#58a6ff;--good:#45c486;--warn:#e5a84b;--bad:#ff7b6e;--band:#ff7b6e24;
--c0:#58a6ff;--c1:#e5a84b;--c2:#45c486;--c3:#cf94f2;--c4:#4cc9d6;--c5:#ff7b6e;--c6:#93a1b0;--c7:#d0c050}}
@media print{:root{--back:#fff}details{break-inside:avoid}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1240px;padding:1.25rem clamp(.75rem,2.5vw,2rem) 3rem;background:var(--back);color:var(--text);font:15px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
h1{display:inline;margin:0;font-size:1.6rem;font-weight:650}
h2{margin:0 0 .6rem;font-size:1.1rem;font-weight:650}
h3{margin:1rem 0 .4rem;font-size:1rem}
p{margin:.3rem 0}
header{margin-bottom:1rem}
.quiet,.lead,figcaption .quiet{color:var(--quiet);font-weight:400}
.lead{margin:-.3rem 0 .8rem}
.good{color:var(--good)}.bad{color:var(--bad)}
.verdict{margin-left:.6rem;font-size:1.15rem;font-weight:650}
.note{border-left:3px solid var(--warn);padding-left:.6rem;color:var(--warn)}
section{margin-top:1.1rem;padding:1rem clamp(.75rem,2vw,1.25rem);background:var(--panel);border:1px solid var(--line);border-radius:8px}
.answers{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:1.1rem;margin:0;padding:0;background:none;border:0}
.answers article{padding:.9rem 1rem;background:var(--panel);border:1px solid var(--line);border-radius:8px}
.answers h2{margin:0;font-size:.9rem;font-weight:500;color:var(--quiet)}
.answers p{font-size:.92rem}
.answers .big{margin:.1rem 0 .4rem;font-size:1.5rem;font-weight:650;line-height:1.25}
.share{display:grid;grid-template-columns:3.2em 1fr;gap:.4rem;align-items:center;margin:.25rem 0;font-size:.82rem;color:var(--quiet)}
.share div{display:flex;height:12px;border-radius:3px;overflow:hidden;gap:1px}
.share i{display:block}
.names{display:flex;flex-wrap:wrap;gap:.1rem .7rem;font-size:.82rem;color:var(--quiet)}
.names i{display:inline-block;width:.7em;height:.7em;margin-right:.35em;border-radius:2px}
.c0{background:var(--c0)}.c1{background:var(--c1)}.c2{background:var(--c2)}.c3{background:var(--c3)}.c4{background:var(--c4)}.c5{background:var(--c5)}.c6{background:var(--c6)}.c7{background:var(--c7)}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:.92rem}
th{padding:.25rem .9rem .35rem 0;text-align:left;font-weight:500;color:var(--quiet);border-bottom:1px solid var(--line);white-space:nowrap}
td{padding:.35rem .9rem .35rem 0;vertical-align:top;border-bottom:1px solid var(--line)}
tr:last-child td{border-bottom:0}
.n{text-align:right;white-space:nowrap}
td>.good,td>.bad{white-space:nowrap}
td:last-child,th:last-child{padding-right:0}
figure{margin:0}
.charts{display:grid;gap:.9rem}
figcaption{font-size:.9rem}
.key{margin-left:.8rem;font-size:.82rem;color:var(--quiet)}
.key::before{content:"";display:inline-block;width:.9em;height:2px;margin-right:.4em;vertical-align:.25em;background:var(--accent)}
.key.asked::before{background:none;border-top:2px dashed var(--quiet);height:0}
.key.bad::before,.key.good::before,.key.dots::before{width:.55em;height:.55em;border-radius:50%;vertical-align:0}
.key.bad,.key.good{color:var(--quiet)}
.key.bad::before{background:var(--bad)}.key.good::before{background:var(--good)}
.chart{display:grid;grid-template-columns:4.6rem 1fr;column-gap:.6rem}
.chart figcaption{grid-column:2;margin-bottom:.3rem}
.chart svg{display:block;width:100%;height:120px;overflow:visible}
.chart.low svg{height:44px}
.ylabels{position:relative}
.ylabels span{position:absolute;right:0;transform:translateY(50%);font-size:.78rem;line-height:1;color:var(--quiet);white-space:nowrap}
svg *{vector-effect:non-scaling-stroke}
.grid{stroke:var(--line);stroke-width:1}
.band{fill:var(--band)}
path{fill:none}
.line{stroke:var(--accent);stroke-width:1.6}
.asked{stroke:var(--quiet);stroke-width:1.4;stroke-dasharray:5 4}
.dot{stroke:var(--accent);stroke-width:4;stroke-linecap:round;opacity:.75}
path.dot.good{stroke:var(--good)}path.dot.bad{stroke:var(--bad);stroke-width:5;opacity:1}
.apart{fill:var(--warn);opacity:.8}
.faults{display:grid;gap:.25rem}
.faults figcaption{margin-left:5.2rem}
.frow{display:grid;grid-template-columns:4.6rem 1fr;column-gap:.6rem;align-items:center}
.flabel{font-size:.78rem;line-height:1.1;text-align:right;overflow-wrap:anywhere}
.ftrack{position:relative;height:14px;background:var(--back);border-radius:3px}
.fault{position:absolute;top:0;bottom:0;background:var(--bad);border-radius:3px;opacity:.75}
.fault.failed{background:repeating-linear-gradient(45deg,var(--bad) 0 4px,transparent 4px 8px)}
.xlabels{position:relative;height:1.2em;margin-left:5.2rem;font-size:.78rem;color:var(--quiet)}
.xlabels span{position:absolute;transform:translateX(-50%)}
.xlabels span:first-child{transform:none}
details{margin:.5rem 0}
summary{cursor:pointer}
.travel{margin:.6rem 0 1rem;font-size:.85rem}
.scale{display:flex;justify-content:space-between;margin:0 4.8em 0 14em;color:var(--quiet);font-size:.78rem}
.hop{display:grid;grid-template-columns:13.4em 1fr 4.2em;column-gap:.6em;align-items:center;line-height:1.45}
.hop span{white-space:nowrap;overflow:hidden;text-overflow:ellipsis;color:var(--text)}
.hop>div{position:relative;height:10px;border-bottom:1px solid var(--line)}
.hop div i{position:absolute;top:4px;height:2px;background:var(--accent);opacity:.55}
.hop div b{position:absolute;top:1px;width:8px;height:8px;margin-left:-4px;border-radius:50%;background:var(--accent)}
.hop.late div b,.hop.late div i{background:var(--warn)}
.hop em{font-style:normal;text-align:right;color:var(--quiet)}
.forks{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:.8rem 1.4rem}
.fork.long{grid-column:1/-1}
.fork figcaption{color:var(--quiet)}
.fork svg{display:block}
.cells{margin-bottom:.8rem}.cells svg{display:block}.cells text{font-size:10px;fill:var(--quiet)}.cell{fill:var(--accent)}.empty{fill:var(--back)}
.way{stroke:var(--quiet);stroke-width:1.5}
.kept{fill:var(--good)}
.lost{fill:var(--panel);stroke:var(--bad);stroke-width:2}
.ranges{display:grid;gap:.9rem}
.range{display:grid;grid-template-columns:1.4em 1fr;align-items:center;line-height:1.3}
.range div{position:relative;height:14px;background:var(--back);border-radius:3px;margin:2px 0}
.range i{position:absolute;top:3px;bottom:3px;border-radius:2px;opacity:.6;min-width:2px}
.range b{position:absolute;top:0;bottom:0;width:3px;margin-left:-1px;background:var(--text)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;margin:0}
dt{color:var(--quiet)}dd{margin:0;min-width:0;overflow-wrap:anywhere}
pre{margin:.3rem 0;padding:.6rem .8rem;background:var(--back);border-radius:6px;overflow-x:auto;font:13px/1.5 ui-monospace,monospace}
code{font:.92em ui-monospace,monospace}
@media (max-width:1000px){.answers{grid-template-columns:repeat(2,minmax(0,1fr))}}
@media (max-width:560px){.answers{grid-template-columns:1fr}
.chart,.frow{grid-template-columns:3.4rem 1fr}.faults figcaption,.xlabels{margin-left:4rem}
.xlabels span:nth-child(even){display:none}
.key{margin-left:.4rem}
.wide table{min-width:46rem}
.hop{grid-template-columns:7.5em 1fr 4em}.scale{margin:0 4.6em 0 8.1em}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}}
`
