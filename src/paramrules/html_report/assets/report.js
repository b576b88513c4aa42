// Wires the panels of each view together.

DATA.views.forEach((raw, number) => {
  const view = decoded(raw);
  const article = document.getElementById(`v${number}`);
  article.querySelectorAll(".needs-script").forEach((panel) => { panel.hidden = false; });
  const list = parameterList(view, article.querySelector(".parameters"), `v${number}`);
  modelPanel(view, article.querySelector(".model"), list.choose);
  article.querySelectorAll("tr[data-group] > th").forEach((head) => {
    const text = head.lastChild;
    head.replaceChild(el("button", {
      type: "button", class: "plain", title: "list its parameters",
      onclick: () => list.chooseGroup(Number(head.parentNode.dataset.group)),
    }, text.textContent), text);
  });
  article.querySelectorAll(".dot").forEach((dot) => {
    dot.addEventListener("click", () => list.choose({ path: dot.dataset.place }, true));
  });
});
