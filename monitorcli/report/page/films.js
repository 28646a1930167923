// A browser's own controls cover a third of a small film, so they come when it is played.

for (const screen of document.querySelectorAll(".screen")) {
  const video = screen.querySelector("video");
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", `Play the film of ${screen.dataset.film.toLowerCase()}`);
  const start = () => {
    if (video.controls) return;
    button.remove();
    video.controls = true;
    video.focus();
    video.play().catch(() => {}); // what does not play says so in its controls
  };
  video.controls = false;
  video.addEventListener("click", start);
  button.addEventListener("click", start);
  screen.append(button);
}
