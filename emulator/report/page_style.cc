#include "emulator/report/page_style.h"

namespace murmur::report {

// The curve colors are those of Okabe and Ito (2008), darkened or lightened to a contrast of at
// least 3:1 against the card: color-blind readers tell them apart.
const std::string_view kPageStyle = R"css(
:root{color-scheme:light dark;
--page:#f4f6f8;--card:#fff;--text:#1a222d;--muted:#596675;--line:#dfe4ea;--accent:#0b5c94;
--blue:#0072b2;--orange:#cc5500;--green:#00805d;--amber:#e69f00;--gray:#c3cbd4;
--good:#0a6b45;--good-back:#e0f3ea;--warn:#8a5300;--warn-back:#fdf0d9;--bad:#a3211d;--bad-back:#fce6e4}
@media (prefers-color-scheme:dark){:root{
--page:#0e1319;--card:#171e27;--text:#e7ecf1;--muted:#9ba8b6;--line:#2b3541;--accent:#7cc0ee;
--blue:#56b4e9;--orange:#f08c50;--green:#3cc49a;--amber:#d9981a;--gray:#4d5967;
--good:#6fd6a8;--good-back:#12301f;--warn:#f0be6c;--warn-back:#35270e;--bad:#ff9d96;--bad-back:#3c1614}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);
font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","Liberation Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:40px 24px 56px}
h1{font-size:30px;line-height:1.2;margin:0;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{font-size:19px;margin:44px 0 14px;letter-spacing:-.01em}
h3{font-size:15px;margin:0 0 12px;font-weight:600}
p{margin:0}
.eyebrow{color:var(--muted);font-size:12.5px;letter-spacing:.04em;margin-bottom:6px}
.head{display:flex;flex-wrap:wrap;align-items:center;gap:8px 14px}
.lead{color:var(--muted);margin-top:8px;max-width:76ch;overflow-wrap:anywhere}
.badge{font-size:13px;font-weight:600;padding:3px 11px;border-radius:99px;background:var(--line);white-space:nowrap}
.good{color:var(--good);background:var(--good-back)}
.warn{color:var(--warn);background:var(--warn-back)}
.bad{color:var(--bad);background:var(--bad-back)}
.notice{margin-top:20px;padding:12px 16px;border-radius:10px;overflow-wrap:anywhere}
.notice ul{margin:4px 0 0;padding-left:20px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,230px),1fr));gap:1px;margin:26px 0 0;
background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden}
.tiles div{box-shadow:0 0 0 1px var(--line);padding:14px 18px}
.tiles dt{color:var(--muted);font-size:13px}
.tiles dd{margin:0;font-variant-numeric:tabular-nums}
.tiles .value{font-size:23px;font-weight:600;letter-spacing:-.01em;line-height:1.35;overflow-wrap:anywhere}
.tiles .small{font-size:13px;color:var(--muted);overflow-wrap:anywhere}
.tiles .code{font:600 15px/2.05 ui-monospace,"SF Mono","Cascadia Mono","DejaVu Sans Mono",monospace}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:18px}
.switch{position:relative;display:flex;flex-wrap:wrap;align-items:center;gap:6px;margin-bottom:18px;font-size:14px}
.switch .what{color:var(--muted);margin-right:4px}
.switch input{position:absolute;opacity:0;pointer-events:none}
.switch label{padding:4px 12px;border:1px solid var(--line);border-radius:99px;background:var(--card);cursor:pointer}
.switch input:checked+label{background:var(--accent);border-color:var(--accent);color:var(--card)}
.switch input:focus-visible+label{outline:2px solid var(--accent);outline-offset:2px}
.panes{width:100%;margin-top:8px}
.pane{display:none}
#against-0:checked~.panes .pane-0,#against-1:checked~.panes .pane-1,#against-2:checked~.panes .pane-2,
#against-3:checked~.panes .pane-3,#against-4:checked~.panes .pane-4{display:grid}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px 20px 16px;margin:0;min-width:0}
.card figcaption,.card .note{color:var(--muted);font-size:13px;line-height:1.5;margin-top:10px}
.missing{color:var(--muted);font-size:13.5px;margin-top:14px}
.missing ul{margin:2px 0 0;padding-left:20px}
table{width:100%;border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:6px 14px 6px 0;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
thead th{border-top:0;color:var(--muted);font-weight:500;font-size:13px}
tbody th{font-weight:500;width:42%}
.numbers th,.numbers td{text-align:right;width:auto}
.numbers th:last-child,.numbers td:last-child,.settings td:last-child{padding-right:0}
.numbers th,.numbers td{overflow-wrap:normal}.numbers td{white-space:nowrap}
.numbers th:first-child,.numbers td:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:9em}
.settings{columns:2 400px;column-gap:36px}
.settings div{display:grid;grid-template-columns:minmax(9em,40%) 1fr;gap:14px;padding:6px 0;
border-bottom:1px solid var(--line);break-inside:avoid;font-size:14px}
.settings dt{color:var(--muted);overflow-wrap:anywhere}
.settings dd{margin:0;overflow-wrap:anywhere}
.settings,.settings dl{margin:0}
footer{margin-top:40px;color:var(--muted);font-size:13px}
code{font-family:ui-monospace,"SF Mono","Cascadia Mono","DejaVu Sans Mono",monospace;font-size:.92em}
.chart{display:block;width:100%;height:auto;overflow:visible}
.chart text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;fill:var(--muted);
font-variant-numeric:tabular-nums}
.chart .legend text{fill:var(--text)}
.chart .end{text-anchor:end}.chart .middle{text-anchor:middle}
.gridlines{stroke:var(--line);stroke-width:1;fill:none}
.axis{stroke:var(--muted);stroke-width:1;fill:none;opacity:.7}
.blue{--ink:var(--blue)}.orange{--ink:var(--orange)}.green{--ink:var(--green)}
.amber{--ink:var(--amber)}.gray{--ink:var(--gray)}
.line,.dash{fill:none;stroke:var(--ink);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.dash{stroke-dasharray:5 4;stroke-linecap:butt}
.band{fill:var(--ink);opacity:.17}
.legend .area{fill:var(--ink)}
.dots{fill:var(--ink)}
.bar rect{fill:var(--ink)}.bar:hover rect{opacity:.75}
.hit rect{fill:transparent}
.hit path{stroke:var(--muted);fill:none;opacity:0}
.hit circle{fill:var(--ink);stroke:var(--card);stroke-width:1.5;opacity:0}
.hit:hover path{opacity:.8}.hit:hover circle{opacity:1}
.edges{stroke:var(--muted);fill:none}
.nodes circle{fill:var(--ink);fill:color-mix(in srgb,var(--ink) var(--strength,100%),var(--card));stroke:var(--ink);stroke-width:1.2}
.heat rect{fill:var(--blue)}.heat rect:hover{stroke:var(--text);stroke-width:1}
.chart .marked{fill:var(--bad);font-weight:700}
.nodes g:hover circle{stroke:var(--text);stroke-width:2.5}
.chart .names text{font-size:9px;pointer-events:none}.overlay .names text{fill:var(--text);font-size:8.5px;font-weight:600;stroke:var(--card);stroke-width:2.5px;stroke-opacity:.75;paint-order:stroke}
@media (max-width:640px){.numbers{display:block;overflow-x:auto}main{padding:24px 14px 40px}.tiles{grid-template-columns:1fr 1fr}.card{padding:16px 14px 14px}}
@media print{.pane{display:grid;margin-bottom:18px}.switch label,.switch .what{display:none}body{background:#fff}main{max-width:none;padding:0}.card,.tiles{break-inside:avoid}}
)css";

}  // namespace murmur::report
