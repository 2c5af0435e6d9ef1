// Every pane: a press on [data-do], or a field that was filled in, goes to Python as one event; with [data-takes] the fields
// beside it go along. `element` and `trigger` are Gradio's.
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button?.matches("button") && !button.disabled) {
    const fields = "takes" in button.dataset ? button.closest("[data-fields]").querySelectorAll("[name]") : [];
    const given = Object.fromEntries([...fields].map((field) => [field.name, field.value]));
    const value = (button.dataset.value ?? "") + (fields.length ? JSON.stringify(given) : "");
    trigger(button.dataset.on, { do: button.dataset.do, value });
  }
});
element.addEventListener("change", (event) => {
  const field = event.target.closest("select[data-do], input[data-do]");
  if (!field || (field.options && !field.value)) return;
  trigger(field.dataset.on, { do: field.dataset.do, value: (field.dataset.value ?? "") + field.value });
  if (field.options && !field.options[0].value) field.selectedIndex = 0;
});
