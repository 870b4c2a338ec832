"use strict";
/* Draws of a forecast in the browser: unpacked, weighed for other beliefs, and asked.
   A path is a row of a Float32Array, one value a date; lines between dates, as in the program itself. */
const draws = (() => {
  const LEVELS = 1023; // as packing.py has it

  async function inflate(text) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer();
  }

  /* {n, of, times, paths: name -> Float32Array(n * dates), parameters and events: name -> Float32Array(n)} */
  async function unpack(packed, times) {
    const buffer = await inflate(packed.bytes), bytes = new Uint8Array(buffer);
    const n = packed.draws, m = times.length, paths = {}, parameters = {}, events = {};
    let at = 0;
    for (const [name, scale] of Object.entries(packed.quantities)) {
      paths[name] = path(bytes, at, n, m, valuesOf(scale));
      at += 2 * n * m;
    }
    for (const [names, into] of [[packed.parameters, parameters], [packed.events, events]]) {
      for (const name of names) {
        into[name] = new Float32Array(buffer.slice(at, at + 4 * n));
        at += 4 * n;
      }
    }
    return { n, of: packed.of, times, paths, parameters, events, sorted: {} };
  }

  /* The value of each level: evenly spread, then none, then those that are exact. */
  function valuesOf({ low, high, log, exact }) {
    const spread = Array.from({ length: LEVELS + 1 }, (_, k) => low + ((high - low) / LEVELS) * k);
    return Float32Array.from([...(log ? spread.map(Math.exp) : spread), NaN, ...exact]);
  }

  function path(bytes, at, n, m, valueOf) {
    const values = new Float32Array(n * m), level = new Uint16Array(n);
    for (let j = 0; j < m; j++) {
      for (let i = 0; i < n; i++) {
        const k = at + j * n + i, folded = bytes[k] | (bytes[k + n * m] << 8);
        level[i] += (folded >>> 1) ^ -(folded & 1); // wraps, as the differences do
        values[i * m + j] = valueOf[level[i]];
      }
    }
    return values;
  }

  /* Where a value lies on the scale on which its prior is normal, and back. */
  function position(belief, value) {
    if (belief.scale === "log") return Math.log(value);
    if (belief.scale === "logit") return Math.log((value - belief.low) / (belief.high - value));
    return value;
  }

  function value(belief, at) {
    if (belief.scale === "log") return Math.exp(at);
    if (belief.scale === "logit") return belief.low + (belief.high - belief.low) / (1 + Math.exp(-at));
    return at;
  }

  /* Weights of draws under other priors of independent parameters: {weights, effective}.
     `changed` maps names to {mean, sd} on the scale; each weight is a product of ratios of densities. */
  function weigh(found, beliefs, changed) {
    const log = new Float64Array(found.n);
    for (const belief of beliefs) {
      const now = changed[belief.name];
      if (!now) continue;
      const values = found.parameters[belief.name];
      for (let i = 0; i < found.n; i++) {
        const u = position(belief, values[i]);
        log[i] += 0.5 * ((u - belief.mean) / belief.sd) ** 2 - 0.5 * ((u - now.mean) / now.sd) ** 2;
      }
    }
    const most = log.reduce((a, b) => Math.max(a, b), -Infinity), weights = log.map((x) => Math.exp(x - most));
    const sum = weights.reduce((a, b) => a + b, 0);
    let squares = 0;
    for (let i = 0; i < found.n; i++) {
      weights[i] /= sum;
      squares += weights[i] ** 2;
    }
    return { weights, effective: 1 / squares };
  }

  /* Order of the draws on each date; made once for a quantity, because only weights change. */
  function sorted(found, name) {
    if (!found.sorted[name]) {
      const values = found.paths[name], m = found.times.length;
      found.sorted[name] = found.times.map((_, j) => {
        const known = Uint16Array.from({ length: found.n }, (_, i) => i).filter((i) => !Number.isNaN(values[i * m + j]));
        return known.sort((a, b) => values[a * m + j] - values[b * m + j]);
      });
    }
    return found.sorted[name];
  }

  /* Quantiles of a quantity on each date: rows of as many numbers as `levels`, which increase; NaN where none is known. */
  function quantiles(found, name, weights, levels) {
    const values = found.paths[name], m = found.times.length;
    return sorted(found, name).map((order, j) => {
      let total = 0;
      for (const i of order) total += weights[i];
      const row = levels.map(() => NaN);
      let sum = 0, next = 0;
      for (const i of order) {
        sum += weights[i];
        while (next < levels.length && sum >= levels[next] * total - 1e-12) row[next++] = values[i * m + j];
      }
      return row;
    });
  }

  /* Spans of time in which a path is below (or above) a threshold, from its first date to its last. */
  function spans(values, start, times, threshold, below) {
    const found = [];
    let since = null;
    const holds = (x) => (below ? x < threshold : x > threshold);
    for (let j = 0; j < times.length; j++) {
      const here = values[start + j], now = holds(here);
      if (now && since === null) since = j ? crossing(values, start, times, j, threshold) : times[0];
      if (!now && since !== null) {
        found.push([since, crossing(values, start, times, j, threshold)]);
        since = null;
      }
    }
    if (since !== null) found.push([since, times[times.length - 1]]);
    return found;
  }

  function crossing(values, start, times, j, threshold) {
    const a = values[start + j - 1], b = values[start + j];
    if (!Number.isFinite(a) || !Number.isFinite(b)) return times[j];
    return times[j - 1] + ((threshold - a) / (b - a)) * (times[j] - times[j - 1]);
  }

  /* The date of an event in each draw, Infinity where it does not come: it `stays` so up to the last date, it is so for
     `half` a year, or for the `first` time. */
  function dates(found, question) {
    const { name, threshold, below, lasting } = question, m = found.times.length, end = found.times[m - 1];
    const values = found.paths[name], out = new Float64Array(found.n).fill(Infinity);
    for (let i = 0; i < found.n; i++) {
      const held = spans(values, i * m, found.times, threshold, below);
      const last = held[held.length - 1];
      if (lasting === "stays" && last && last[1] === end) out[i] = last[0];
      if (lasting === "first" && last) out[i] = held[0][0];
      if (lasting === "half") out[i] = (held.find(([a, b]) => b - a >= 0.5 - 1e-9) ?? [Infinity])[0];
    }
    return out;
  }

  /* Share of the weight of those draws in which something is so. */
  function share(weights, holds) {
    let sum = 0;
    for (let i = 0; i < weights.length; i++) if (holds(i)) sum += weights[i];
    return Math.min(sum, 1);
  }

  /* Probability of a question by (or, if it asks so, on) each of some dates. */
  function chances(found, question, weights, by) {
    if (question.lasting === "on") {
      return by.map((date) => share(weights, holdsOn(found, question, date)));
    }
    const when = dates(found, question);
    return by.map((date) => share(weights, (i) => when[i] <= date));
  }

  function holdsOn(found, { name, threshold, below }, date) {
    const { times } = found, m = times.length, values = found.paths[name];
    const j = Math.max(1, Math.min(m - 1, times.findIndex((t) => t >= date)));
    const s = Math.max(0, Math.min(1, (date - times[j - 1]) / (times[j] - times[j - 1])));
    return (i) => {
      const a = values[i * m + j - 1], b = values[i * m + j], x = s === 0 ? a : s === 1 ? b : a + s * (b - a);
      return below ? x < threshold : x > threshold;
    };
  }

  /* Quantiles of dates, Infinity where an event does not come. */
  function dateQuantiles(when, weights, levels) {
    const order = Array.from(when.keys()).sort((a, b) => (when[a] === when[b] ? 0 : when[a] - when[b])), found = [];
    let sum = 0;
    for (const i of order) {
      sum += weights[i];
      while (found.length < levels.length && sum >= levels[found.length] - 1e-12) found.push(when[i]);
    }
    return levels.map((_, k) => found[k] ?? Infinity);
  }

  /* Expected loss of each action: outcomes are divided by edges on the dates of an event, what never comes is the last. */
  function losses(when, weights, edges, actions) {
    const shares = new Array(edges.length + 1).fill(0);
    for (let i = 0; i < when.length; i++) shares[edges.filter((edge) => when[i] >= edge).length] += weights[i];
    return actions.map((losses) => losses.reduce((sum, loss, k) => sum + loss * shares[k], 0));
  }

  return { inflate, unpack, position, value, weigh, quantiles, dates, dateQuantiles, share, chances, losses };
})();
