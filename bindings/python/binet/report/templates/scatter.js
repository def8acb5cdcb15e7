"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const svg = at("scatter"), tip = at("tip"), table = at("models");
  const across = at("across"), up = at("up"), colour = at("colour"), find = at("find");
  const SPACE = "http://www.w3.org/2000/svg", COLOURS = 8, REACH = 24, LOG_RATIO = 50, NARROW = 520;
  const rows = data.models.map((_, row) => row);
  const hidden = new Set();
  let points = [], marked = -1;

  const make = (name, attributes, parent, text) => {
    const element = document.createElementNS(SPACE, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return parent.appendChild(element);
  };
  const shown = (value) => (value === null ? "–" : String(Number(value.toPrecision(4))));

  /* Groups of the models by an attribute, the most frequent first; what is beyond the colours shares the last. */
  const groupsOf = (attribute) => {
    const counts = new Map();
    for (const value of attribute.values) counts.set(value, (counts.get(value) || 0) + 1);
    return [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || (a < b ? -1 : 1));
  };
  const chosen = () => (colour.value === "" ? null : data.attributes[Number(colour.value)]);

  const ticksOf = (low, high, logarithmic) => {
    if (logarithmic) {
      const ticks = [];
      for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
        for (const digit of [1, 2, 5]) ticks.push({ digit, value: digit * 10 ** power });
      const inside = ticks.filter((tick) => tick.value >= low && tick.value <= high);
      return inside.filter((tick) => inside.length <= 7 || tick.digit === 1).map((tick) => tick.value);
    }
    const rough = (high - low) / 6, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((digit) => digit * power).find((size) => size >= rough);
    const ticks = [];
    for (let i = Math.ceil(low / step); i * step <= high; i++) ticks.push(i * step);
    return ticks;
  };
  const scaleOf = (property, from, to) => {
    const known = property.values.filter((value) => value !== null);
    let low = Math.min(...known), high = Math.max(...known);
    const logarithmic = low > 0 && high / low > LOG_RATIO;
    const map = logarithmic ? Math.log : (value) => value;
    if (low === high) { low -= 0.5; high += 0.5; }
    const margin = (map(high) - map(low)) * 0.04, start = map(low) - margin, size = map(high) - map(low) + 2 * margin;
    const place = (value) => from + ((map(value) - start) / size) * (to - from);
    const back = logarithmic ? Math.exp : (value) => value;
    return { place, logarithmic, ticks: ticksOf(back(start), back(start + size), logarithmic) };
  };
  const title = (property, scale, roomy) => {
    const better = property.better && roomy ? ` (${property.better} is better)` : "";
    return property.label + better + (scale.logarithmic ? ", logarithmic" : "");
  };

  const draw = () => {
    const i = Number(across.value), j = Number(up.value), x = data.properties[i], y = data.properties[j];
    const width = svg.clientWidth || 900, height = Math.round(Math.min(560, Math.max(340, width * 0.62)));
    const frame = { left: 64, right: width - 12, top: 12, bottom: height - 48 };
    const right = scaleOf(x, frame.left, frame.right), rise = scaleOf(y, frame.bottom, frame.top);
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.style.height = `${height}px`;
    for (const tick of right.ticks) {
      const place = right.place(tick);
      make("line", { x1: place, x2: place, y1: frame.top, y2: frame.bottom, class: "grid" }, svg);
      make("text", { x: place, y: frame.bottom + 18, "text-anchor": "middle" }, svg, shown(tick));
    }
    for (const tick of rise.ticks) {
      const place = rise.place(tick);
      make("line", { x1: frame.left, x2: frame.right, y1: place, y2: place, class: "grid" }, svg);
      make("text", { x: frame.left - 8, y: place + 4, "text-anchor": "end" }, svg, shown(tick));
    }
    const middle = (frame.top + frame.bottom) / 2, roomy = width > NARROW;
    make("text", { x: (frame.left + frame.right) / 2, y: height - 8, "text-anchor": "middle", class: "title" }, svg, title(x, right, roomy));
    make("text", { x: 14, y: middle, "text-anchor": "middle", transform: `rotate(-90 14 ${middle})`, class: "title" }, svg, title(y, rise, roomy));

    const attribute = chosen(), groups = attribute ? groupsOf(attribute) : [];
    const wanted = find.value.trim().toLowerCase();
    points = rows
      .filter((row) => x.values[row] !== null && y.values[row] !== null)
      .filter((row) => !attribute || !hidden.has(attribute.values[row]))
      .map((row) => ({ row, x: right.place(x.values[row]), y: rise.place(y.values[row]) }));
    const front = new Set(data.fronts[i < j ? `${i},${j}` : `${j},${i}`] || []);
    const onFront = points.filter((point) => front.has(point.row)).sort((a, b) => a.x - b.x || a.y - b.y);
    if (onFront.length) make("polyline", { points: onFront.map((point) => `${point.x},${point.y}`).join(" "), class: "front" }, svg);
    for (const point of points) {
      const found = wanted && data.models[point.row].toLowerCase().includes(wanted);
      const group = attribute ? Math.min(groups.indexOf(attribute.values[point.row]), COLOURS - 1) : 0;
      const kind = `point c${group}${front.has(point.row) ? " best" : ""}${found ? " found" : wanted ? " faint" : ""}`;
      point.mark = make("circle", { cx: point.x, cy: point.y, r: found ? 6 : 4.5, class: kind }, svg);
    }
    const named = wanted && points.filter((point) => data.models[point.row].toLowerCase().includes(wanted)).length;
    at("says").textContent =
      `${points.length} of ${rows.length} models have both` +
      (hidden.size ? " and are shown" : "") +
      (front.size ? `; ${onFront.length} on the Pareto front` : "; no Pareto front, since one has no better side") +
      (wanted ? `; ${named} named like “${find.value.trim()}”.` : ".");
    legend(attribute, groups);
    mark(-1);
  };

  const legend = (attribute, groups) => {
    at("colours").replaceChildren(
      ...groups.map((group, index) => {
        const item = document.createElement("li"), button = document.createElement("button"), dot = document.createElement("span");
        dot.className = `dot c${Math.min(index, COLOURS - 1)}`;
        button.type = "button";
        button.setAttribute("aria-pressed", String(!hidden.has(group)));
        button.append(dot, group || "not known");
        button.addEventListener("click", () => { if (!hidden.delete(group)) hidden.add(group); draw(); });
        item.append(button);
        return item;
      }),
    );
  };

  const mark = (row) => {
    for (const old of document.querySelectorAll(".marked")) old.classList.remove("marked");
    marked = row;
    const point = points.find((one) => one.row === row);
    tip.hidden = !point;
    if (!point) return;
    point.mark.classList.add("marked");
    svg.append(point.mark);
    const x = data.properties[Number(across.value)], y = data.properties[Number(up.value)];
    const name = document.createElement("strong");
    name.textContent = data.models[row];
    const lines = [`${x.label} ${shown(x.values[row])}`, `${y.label} ${shown(y.values[row])}`, ...data.attributes.map((one) => one.values[row])];
    tip.replaceChildren(name, ...lines.filter(Boolean).map((line) => Object.assign(document.createElement("span"), { textContent: line })));
    const scale = svg.clientWidth / svg.viewBox.baseVal.width, left = point.x * scale, top = point.y * scale;
    tip.style.left = `${Math.min(Math.max(left - tip.offsetWidth / 2, 0), svg.clientWidth - tip.offsetWidth)}px`;
    tip.style.top = `${top - tip.offsetHeight - 12 > 0 ? top - tip.offsetHeight - 12 : top + 14}px`;
    table.querySelector(`[data-row="${row}"]`).classList.add("marked");
  };
  const nearest = (event) => {
    const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
    const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
    let best = null, reach = REACH;
    for (const point of points) {
      const distance = Math.hypot(point.x - x, point.y - y);
      if (distance < reach) { best = point; reach = distance; }
    }
    return best ? best.row : -1;
  };

  const sort = (heading) => {
    const column = [...heading.parentNode.children].indexOf(heading), body = table.tBodies[0];
    const descending = heading.getAttribute("aria-sort") === "none" ? heading.classList.contains("number") : heading.getAttribute("aria-sort") === "ascending";
    const key = (row) => { const cell = row.children[column], value = cell.querySelector("data"); return value ? Number(value.value) : cell.textContent; };
    const known = (value) => value !== "–" && value !== "";
    const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
    const sorted = [...body.rows].map((row) => ({ row, value: key(row) }));
    sorted.sort((a, b) => known(b.value) - known(a.value) || (descending ? -1 : 1) * compare(a.value, b.value));
    for (const other of heading.parentNode.children) other.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    body.append(...sorted.map((one) => one.row));
  };

  data.attributes.forEach((attribute, index) => colour.add(new Option(attribute.label, index)));
  const few = data.attributes.findIndex((attribute) => { const n = groupsOf(attribute).length; return n > 1 && n <= COLOURS; });
  colour.value = few < 0 ? "" : String(few);
  for (const control of [across, up]) control.addEventListener("change", draw);
  colour.addEventListener("change", () => { hidden.clear(); draw(); });
  find.addEventListener("input", draw);
  svg.addEventListener("pointermove", (event) => { const row = nearest(event); if (row !== marked) mark(row); });
  svg.addEventListener("pointerleave", () => mark(-1));
  table.tHead.addEventListener("click", (event) => { const heading = event.target.closest("th"); if (heading) sort(heading); });
  table.tBodies[0].addEventListener("pointerover", (event) => { const row = event.target.closest("tr"); if (row) mark(Number(row.dataset.row)); });
  table.tBodies[0].addEventListener("pointerleave", () => mark(-1));
  document.querySelector(".correlations").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    across.value = button.dataset.across;
    up.value = button.dataset.up;
    draw();
    at("properties").scrollIntoView({ behavior: "smooth" });
  });
  new ResizeObserver(draw).observe(svg.parentNode);
  draw();
})();
