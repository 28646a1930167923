// What stands under the pointer, in words. The tables under the charts say the same to everybody else.

function makeTip(area) {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  area.append(tip);
  return tip;
}

function showTip(tip, title, lines, x, y) {
  const head = document.createElement("b");
  head.textContent = title;
  tip.replaceChildren(head, ...lines.map((line) => {
    const part = document.createElement("span");
    part.textContent = line;
    return part;
  }));
  tip.hidden = false;
  const room = tip.parentElement.clientWidth;
  const left = x + 14 + tip.offsetWidth > room ? x - 14 - tip.offsetWidth : x + 14;
  const top = Math.max(-8, y - tip.offsetHeight - 10);
  tip.style.transform = `translate(${Math.max(Math.min(left, room - tip.offsetWidth), -8)}px, ${top}px)`;
}

for (const area of document.querySelectorAll(".area")) {
  if (!area.querySelector("[data-tip]")) continue;
  const tip = makeTip(area);
  area.addEventListener("pointermove", (event) => {
    const words = event.target.dataset && event.target.dataset.tip;
    if (!words) {
      tip.hidden = true;
      return;
    }
    const box = area.getBoundingClientRect();
    const [title, rest] = words.split(/: (.*)/s);
    showTip(tip, title, rest.split(", "), event.clientX - box.left, event.clientY - box.top);
  });
  area.addEventListener("pointerleave", () => (tip.hidden = true));
}
