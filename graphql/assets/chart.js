// uPlot with the page's colours, a readout line, and arrow keys.
/* global uPlot */
import { clock, compact, day } from "/assets/format.js";

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Counts have whole ticks; amounts may have any.
const WHOLE = [1, 2, 5].flatMap((n) => Array.from({ length: 10 }, (_, zeros) => n * 10 ** zeros)).sort((a, b) => a - b);

function axes(whole) {
  const common = { stroke: css('--faint'), font: '12px system-ui, sans-serif', ticks: { show: false } };
  return [
    { ...common, grid: { show: false }, space: 72, values: (u, ticks) => timeLabels(ticks) },
    { ...common, grid: { stroke: css('--grid'), width: 1 }, size: labelWidth, space: 38, ...(whole ? { incrs: WHOLE } : {}), values: (u, ticks) => ticks.map((n) => (n === null ? '' : compact(n))) },
  ];
}

// Room for the widest label, so that small amounts are not cut off.
function labelWidth(u, labels) {
  const longest = Math.max(3, ...(labels ?? []).map((label) => label.length));
  return 14 + 7 * longest;
}

// The date only where it changes; the clock elsewhere; plain dates when ticks are days apart.
function timeLabels(ticks) {
  const days = ticks.length > 1 && ticks[1] - ticks[0] >= 86400;
  let last = null;
  return ticks.map((tick) => {
    const date = new Date(tick * 1000);
    const today = day(date);
    const label = days ? today.slice(5) : today !== last ? `${clock(date)}\n${today.slice(5)}` : clock(date);
    last = today;
    return label;
  });
}

function lineSeries(series) {
  const colour = css(series.colour);
  const paths = series.bars ? uPlot.paths.bars({ size: [0.72, 48], align: 1, radius: 0.12 }) : uPlot.paths.stepped({ align: 1 });
  return {
    label: series.label, stroke: colour, width: series.bars ? 0 : 2, paths,
    fill: series.bars ? colour : series.fill ? css('--accent-soft') : undefined,
    points: { show: false }, spanGaps: false,
  };
}

// The last value of a line is drawn on to the newest block (`until`) by repeating it there, never past what is known.
// Draws `series` ({label, colour, values, bars, fill}) over `times` (seconds) into `host`; calls `onHover(index | null)`.
// Answers a function that takes the chart away.
export function draw(host, { times, series, step, until, height, onHover }) {
  const whole = !series.some((line) => line.bars);
  const bucketEnd = times.at(-1) + step;
  const end = whole ? Math.min(bucketEnd, Math.max(until, times.at(-1) + 1)) : bucketEnd;
  const low = (u, min, max) => [0, Math.max(whole ? 1 : 0, max * 1.1) || 1];
  const options = {
    width: host.clientWidth, height, legend: { show: false }, tzDate: (ts) => uPlot.tzDate(new Date(ts * 1e3), 'Etc/UTC'),
    padding: [10, 20, 0, 0],
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: [times[0], end] },
      y: { range: low },
    },
    axes: axes(whole),
    series: [{}, ...series.map(lineSeries)],
    hooks: { setCursor: [(u) => onHover(u.cursor.idx === null || u.cursor.idx === undefined ? null : Math.min(u.cursor.idx, times.length - 1))] },
  };
  const plot = new uPlot(options, [[...times, end], ...series.map((s) => [...s.values, s.bars ? null : s.values.at(-1)])], host);
  const resize = new ResizeObserver(() => {
    if (host.clientWidth && host.clientWidth !== plot.width) plot.setSize({ width: host.clientWidth, height });
  });
  resize.observe(host);
  const keys = (event) => walk(plot, times, event);
  host.addEventListener('keydown', keys);
  return () => { resize.disconnect(); host.removeEventListener('keydown', keys); plot.destroy(); };
}

function walk(plot, times, event) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -times.length, End: times.length };
  if (!(event.key in steps)) return;
  event.preventDefault();
  const at = (plot.cursor.idx ?? times.length) + steps[event.key];
  const index = Math.min(times.length - 1, Math.max(0, at));
  plot.setCursor({ left: plot.valToPos(times[index], 'x'), top: 10 });
}
