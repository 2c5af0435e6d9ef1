// Files that are chosen or dropped anywhere on the page go to the REST API; then Python is told to look.
const send = (files) => {
  if (!files.length || element.classList.contains("uploading")) return;
  const form = new FormData();
  for (const file of files) form.append("file", file, file.name);
  const request = new XMLHttpRequest();
  const done = (notice) => {
    element.classList.remove("uploading");
    trigger("click", { do: "uploaded", value: notice });
  };
  request.upload.onprogress = (event) => {
    if (event.total) element.style.setProperty("--sent", `${Math.round((100 * event.loaded) / event.total)}%`);
  };
  request.onload = () => {
    let notice = "";
    if (request.status >= 400) {
      try {
        const problem = JSON.parse(request.responseText);
        notice = problem.hint ? `${problem.title} (${problem.hint})` : problem.title;
      } catch {
        notice = `${request.status} ${request.statusText}`;
      }
    }
    done(notice);
  };
  request.onerror = () => done("The server cannot be reached.");
  element.classList.add("uploading");
  element.style.setProperty("--sent", "0%");
  request.open("POST", "/api/v1/documents");
  request.send(form);
};

element.addEventListener("change", (event) => {
  if (!event.target.matches(".file-input")) return;
  send([...event.target.files]);
  event.target.value = "";
});

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  element.classList.add("dragging");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) element.classList.remove("dragging");
});
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  element.classList.remove("dragging");
  send([...event.dataTransfer.files]);
});

// The language that was chosen holds for the next visit too.
const LANGUAGE = "recto-language";
element.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-do=language]");
  if (chosen) localStorage.setItem(LANGUAGE, chosen.dataset.value);
});
let wanted = localStorage.getItem(LANGUAGE);
watch("value", () => {
  const other = element.querySelector("[data-do=language]")?.dataset.value;
  if (!other) return;
  if (wanted === other) trigger("click", { do: "language", value: wanted });
  wanted = "";
});
