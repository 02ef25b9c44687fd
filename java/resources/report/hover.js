// Shows the values of a chart where one points, taps, or goes by the arrow keys; pointing at an entry
// of a legend, or choosing it, makes the others faint.
(() => {
  "use strict";
  const NS = "http://www.w3.org/2000/svg";
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;
  document.body.append(tip);
  let hide = () => {};

  // What a chart's marks say: {name, where, value, x, y, box, style, mark} in its own coordinates.
  const read = svg => {
    const marks = [];
    for (const line of svg.querySelectorAll("polyline[data-values]")) {
      const where = line.dataset.where.split("|");
      const values = line.dataset.values.split("|");
      line.getAttribute("points").split(" ").forEach((point, i) => {
        const [x, y] = point.split(",").map(Number);
        marks.push({name: line.dataset.name, where: where[i], value: values[i], x, y,
          style: line.parentNode.getAttribute("class")});
      });
    }
    const curves = marks.length > 0;
    for (const title of svg.querySelectorAll("title")) {
      const mark = title.parentNode;
      if (!curves) {
        const [name, where, value] = title.textContent.split("\n");
        const box = mark.getBBox();
        marks.push({name, where, value, box, x: box.x + box.width, y: box.y + box.height / 2,
          style: (mark.closest("g") || mark).getAttribute("class"), mark});
      }
      title.remove(); // Else the browser would show it too.
    }
    return marks;
  };

  // Marks that are shown together, in the order of the keys.
  const grouped = (marks, snap) => {
    const groups = new Map();
    marks.forEach((m, i) => {
      const key = snap === "column" ? m.x : snap === "row" ? m.where : i;
      groups.set(key, (groups.get(key) || []).concat(m));
    });
    const all = [...groups.values()];
    const at = g => snap === "column" ? g[0].x : g.reduce((sum, m) => sum + m.y, 0) / g.length;
    return snap === "mark" ? all : all.sort((a, b) => at(a) - at(b));
  };

  const outside = (value, from, size) => Math.max(from - value, 0, value - from - size);

  const distance = (group, snap, x, y) =>
    snap === "column" ? Math.abs(group[0].x - x)
    : snap === "row" ? Math.min(...group.map(m => outside(y, m.box.y, m.box.height)))
    : Math.hypot(outside(x, group[0].box.x, group[0].box.width), outside(y, group[0].box.y, group[0].box.height));

  const watch = svg => {
    const snap = svg.dataset.snap;
    let groups = null;
    let now = -1;
    const extra = document.createElementNS(NS, "g");

    const clear = () => {
      if (now < 0) {
        return; // What is shown is another chart's.
      }
      svg.querySelectorAll(".on").forEach(m => m.classList.remove("on"));
      extra.replaceChildren();
      extra.remove();
      tip.hidden = true;
      now = -1;
    };

    const add = (kind, values) => {
      const node = document.createElementNS(NS, kind);
      Object.entries(values).forEach(([name, value]) => node.setAttribute(name, value));
      extra.append(node);
    };

    const row = (m, text) => {
      const div = document.createElement("div");
      div.className = m.style;
      const name = document.createElement("span");
      name.textContent = text;
      const value = document.createElement("b");
      value.textContent = m.value;
      div.append(...(m.style.includes("s") && m.style !== "shade" && m.style !== "spike"
        ? [document.createElement("i")] : []), name, value);
      return div;
    };

    const show = at => {
      if (at === now) {
        return;
      }
      if (hide !== clear) {
        hide();
        hide = clear;
      }
      clear();
      now = at;
      const group = groups[at];
      const one = snap === "mark";
      const head = document.createElement("div");
      head.textContent = one ? group[0].name : group[0].where;
      const rows = one ? group : [...group].sort((a, b) => a.y - b.y);
      tip.replaceChildren(head, ...rows.map(m => row(m, one ? m.where : m.name)));
      svg.append(extra);
      const view = svg.viewBox.baseVal;
      if (snap === "column") {
        const axes = [...svg.querySelectorAll("line.grid")].flatMap(l => [+l.getAttribute("y1"), +l.getAttribute("y2")]);
        add("line", {class: "cursor", x1: group[0].x, x2: group[0].x, y1: Math.min(...axes), y2: Math.max(...axes)});
        group.forEach(m => add("circle", {class: "ring " + m.style, cx: m.x, cy: m.y, r: 5}));
      }
      group.forEach(m => m.mark && m.mark.classList.add("on"));
      tip.hidden = false;
      const place = svg.getBoundingClientRect();
      const scale = place.width / view.width;
      const x = place.left + (one ? group[0].box.x + group[0].box.width / 2 : Math.max(...group.map(m => m.x))) * scale;
      const y = place.top + (snap === "column" ? 18 : Math.min(...group.map(m => m.box.y)) - 4) * scale;
      const left = x + 14 + tip.offsetWidth > document.documentElement.clientWidth - 8 ? x - 14 - tip.offsetWidth : x + 14;
      const above = snap === "column" ? y : y - tip.offsetHeight;
      tip.style.left = Math.max(8, left) + "px";
      tip.style.top = Math.max(8, Math.min(above, innerHeight - tip.offsetHeight - 8)) + "px";
    };

    const point = event => {
      groups = groups || grouped(read(svg), snap);
      if (groups.length === 0) {
        return;
      }
      const place = svg.getBoundingClientRect();
      const scale = svg.viewBox.baseVal.width / place.width;
      const x = (event.clientX - place.left) * scale;
      const y = (event.clientY - place.top) * scale;
      let best = 0;
      groups.forEach((g, i) => {
        if (distance(g, snap, x, y) < distance(groups[best], snap, x, y)) {
          best = i;
        }
      });
      show(best);
    };

    svg.setAttribute("tabindex", "0");
    svg.addEventListener("pointermove", point);
    svg.addEventListener("pointerdown", point);
    svg.addEventListener("pointerleave", event => event.pointerType === "mouse" && clear());
    svg.addEventListener("blur", clear);
    svg.addEventListener("keydown", event => {
      const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
      if (event.key === "Escape") {
        clear();
      } else if (step) {
        groups = groups || grouped(read(svg), snap);
        if (groups.length > 0) {
          show(now < 0 ? (step > 0 ? 0 : groups.length - 1)
            : Math.max(0, Math.min(groups.length - 1, now + step)));
          event.preventDefault();
        }
      }
    });
  };
  document.querySelectorAll("svg[data-snap]").forEach(watch);
  document.addEventListener("pointerdown", event => event.target.closest("svg[data-snap]") || hide());
  addEventListener("scroll", () => hide(), {passive: true});

  for (const entry of document.querySelectorAll(".entry")) {
    const figure = entry.closest("figure");
    let kept = false;
    const choose = on => {
      figure.classList.toggle("one", on);
      figure.querySelectorAll("[data-series]").forEach(s =>
        s.classList.toggle("chosen", on && s.dataset.series === entry.dataset.series));
    };
    const keep = () => {
      kept = !kept;
      choose(kept);
      entry.setAttribute("aria-pressed", kept);
    };
    entry.setAttribute("role", "button");
    entry.setAttribute("tabindex", "0");
    entry.setAttribute("aria-pressed", "false");
    entry.addEventListener("pointerenter", event => event.pointerType === "mouse" && choose(true));
    entry.addEventListener("pointerleave", event => event.pointerType === "mouse" && choose(kept));
    entry.addEventListener("click", keep);
    entry.addEventListener("keydown", event => {
      if (event.key === "Enter" || event.key === " ") {
        keep();
        event.preventDefault();
      }
    });
  }
})();
