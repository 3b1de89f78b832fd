// O que as páginas fazem além do HTML: confirmar, atalhos do teclado, menu do telefone.
// Sem ele tudo funciona; só não se pergunta antes de confirmar.
(function () {
  "use strict";

  // --- confirmar: <form data-confirmar="texto"> ---
  var dialogo = document.getElementById("confirmar");
  document.addEventListener("submit", function (evento) {
    var quem = evento.submitter && evento.submitter.dataset.confirmar ? evento.submitter : evento.target;
    var texto = quem.dataset ? quem.dataset.confirmar : null;
    if (!texto || !dialogo || !dialogo.showModal || evento.target.dataset.confirmado) { return; }
    evento.preventDefault();
    evento.stopPropagation();
    document.getElementById("confirmar-texto").textContent = texto;
    dialogo.returnValue = "";
    dialogo.addEventListener("close", function () {
      if (dialogo.returnValue !== "sim") { return; }
      evento.target.dataset.confirmado = "sim";
      evento.target.requestSubmit(evento.submitter || undefined);
      delete evento.target.dataset.confirmado;
    }, { once: true });
    dialogo.showModal();
  }, true);

  // --- atalhos ---
  var esperaG = 0;

  function escrevendo(alvo) {
    return alvo && (alvo.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(alvo.tagName));
  }

  function linhas() {
    return Array.prototype.slice.call(document.querySelectorAll("table[data-linhas] > tbody > tr:not(.mais):not(.vazia)"));
  }

  function andar(passo) {
    var todas = linhas();
    if (!todas.length) { return; }
    var onde = todas.findIndex(function (l) { return l.classList.contains("atual"); });
    var nova = Math.max(0, Math.min(todas.length - 1, onde + passo));
    if (onde >= 0) { todas[onde].classList.remove("atual"); }
    todas[nova].classList.add("atual");
    todas[nova].scrollIntoView({ block: "nearest" });
    var link = todas[nova].querySelector("a, button, input, select");
    if (link) { link.focus({ preventScroll: true }); }
  }

  document.addEventListener("keydown", function (evento) {
    if (evento.ctrlKey || evento.metaKey || evento.altKey || escrevendo(evento.target)) { return; }
    if (document.querySelector("dialog[open]")) { return; }
    var tecla = evento.key;
    if (Date.now() < esperaG && /^[a-z]$/.test(tecla)) {
      esperaG = 0;
      var link = document.querySelector('a[data-atalho="' + tecla + '"]');
      if (link) { evento.preventDefault(); link.click(); }
      return;
    }
    if (tecla === "g") { esperaG = Date.now() + 1500; return; }
    if (tecla === "/") {
      var campo = document.querySelector("[data-busca], form[role=search] input:not([type=hidden])");
      if (campo) { evento.preventDefault(); campo.focus(); }
    } else if (tecla === "?") {
      var ajuda = document.querySelector('.rodape a[href$="/atalhos"]');
      if (ajuda) { ajuda.click(); }
    } else if (tecla === "j") { andar(1); } else if (tecla === "k") { andar(-1); }
  });

  // --- no telefone o menu começa fechado ---
  var menu = document.querySelector("[data-menu]");
  if (menu && window.matchMedia("(max-width: 760px)").matches) { menu.removeAttribute("open"); }

  // --- arrastar arquivos para um formulário: <form data-soltar> ---
  var solta = document.querySelector("form[data-soltar]");
  if (solta && window.DataTransfer) {
    var campo = solta.querySelector('input[type="file"]');
    ["dragenter", "dragover"].forEach(function (nome) {
      solta.addEventListener(nome, function (evento) { evento.preventDefault(); solta.classList.add("solta"); });
    });
    ["dragleave", "drop"].forEach(function (nome) {
      solta.addEventListener(nome, function () { solta.classList.remove("solta"); });
    });
    solta.addEventListener("drop", function (evento) {
      evento.preventDefault();
      campo.files = evento.dataTransfer.files;
    });
  }

  // --- o htmx mostra também as respostas que explicam um erro de formulário ---
  document.addEventListener("htmx:beforeSwap", function (evento) {
    if (evento.detail.xhr.status === 422) { evento.detail.shouldSwap = true; evento.detail.isError = false; }
  });
})();
