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
    else if (tecla === "n" || tecla === "p") {
      var vizinha = document.querySelector(tecla === "n" ? 'a[rel="next"]' : 'a[rel="prev"]');
      if (vizinha) { vizinha.click(); }
    }
  });

  // --- análise de uma guia: totais que seguem o que se escreve, e o que se aceita como informado ---
  var folha = document.querySelector("form.folha-de-analise");

  function centavos(texto) {
    var limpo = String(texto || "").replace("R$", "").trim();
    if (limpo.indexOf(",") >= 0) { limpo = limpo.replace(/\./g, "").replace(",", "."); }
    var valor = Math.round(parseFloat(limpo) * 100);
    return isNaN(valor) ? null : valor;
  }

  function escrito(valor) {
    var sinal = valor < 0 ? "-" : "";
    var partes = (Math.abs(valor) / 100).toFixed(2).split(".");
    return sinal + partes[0].replace(/\B(?=(\d{3})+$)/g, ".") + "," + partes[1];
  }

  function campos(item, nome) { return Array.prototype.slice.call(item.querySelectorAll('[data-v="' + nome + '"]')); }

  function soma(item, nome) {
    return campos(item, nome).reduce(function (total, c) { return total + (centavos(c.value) || 0); }, 0);
  }

  function somar() {
    var politica = folha.dataset.politica;
    var total = {};
    ["processado", "liberado", "glosa"].forEach(function (nome) {
      total[nome] = centavos(folha.getAttribute("data-fora-" + nome)) || 0;
      folha.querySelectorAll("[data-item]").forEach(function (item) { total[nome] += soma(item, nome); });
    });
    var daGuia = soma(folha.querySelector("[data-guia]"), "glosa");
    total.glosa += daGuia;
    if (politica !== "glosa-a-parte") { total.liberado -= daGuia; }
    Object.keys(total).forEach(function (nome) {
      folha.querySelector('[data-total="' + nome + '"]').textContent = "R$\u00a0" + escrito(total[nome]);
    });
  }

  // o que se liberaria pela política da operadora; o servidor confere a conta de qualquer modo
  function esperado(item) {
    var politica = folha.dataset.politica;
    var base = centavos(politica === "padrao" ? campos(item, "processado")[0].value : item.dataset.informado);
    return politica === "livre" || base === null ? null : base - soma(item, "glosa");
  }

  // o liberado segue o resto enquanto ninguém escreve outro
  function seguir(item, qual) {
    var liberado = campos(item, "liberado")[0], processado = campos(item, "processado")[0];
    var aParte = folha.dataset.politica === "glosa-a-parte";
    if (folha.dataset.politica === "livre") { return; }
    if (qual === "glosa" && !processado.value && item.dataset.informado) { processado.value = escrito(centavos(item.dataset.informado)); }
    if (aParte && qual === "processado") { liberado.value = processado.value; return; }
    var valor = esperado(item);
    if (liberado.dataset.proprio || valor === null) { return; }
    liberado.value = escrito(valor);
    if (aParte) { processado.value = liberado.value; }
  }

  function comoInformado(item) {
    var parte = campos(item, "informado")[0];
    var informado = centavos(parte ? parte.value : item.dataset.informado);
    if (informado === null) { if (parte) { parte.focus(); } return; }
    campos(item, "processado").concat(campos(item, "liberado")).forEach(function (c) { c.value = escrito(informado); });
    item.querySelectorAll(".glosa input").forEach(function (c) { c.value = ""; });
    delete campos(item, "liberado")[0].dataset.proprio;
    somar();
    var seguinte = item.nextElementSibling;
    var campo = seguinte ? seguinte.querySelector("input:not([type=hidden]), textarea") : null;
    if (campo) { campo.focus(); }
  }

  // escrever na última glosa de uma linha abre lugar para outra
  function outraGlosa(grupo) {
    var numero = parseInt(grupo.getAttribute("aria-label").replace(/\D/g, ""), 10);
    var seguinte = grupo.nextElementSibling;
    if (seguinte && seguinte.classList.contains("glosa")) { return; }
    var nova = grupo.cloneNode(true);
    nova.setAttribute("aria-label", "Glosa " + (numero + 1));
    nova.querySelectorAll(".erro").forEach(function (e) { e.remove(); });
    nova.querySelectorAll("label, input").forEach(function (e) {
      ["id", "name", "for"].forEach(function (nome) {
        if (e.hasAttribute(nome)) { e.setAttribute(nome, e.getAttribute(nome).replace(/\d+$/, numero + 1)); }
      });
      ["aria-invalid", "aria-describedby"].forEach(function (nome) { e.removeAttribute(nome); });
      if (e.matches("input")) { e.value = ""; }
    });
    nova.querySelectorAll(".com-erro").forEach(function (e) { e.classList.remove("com-erro"); });
    grupo.after(nova);
  }

  if (folha) {
    folha.querySelectorAll("[data-item]").forEach(function (item) {
      var liberado = campos(item, "liberado")[0];
      if (liberado.value && esperado(item) !== centavos(liberado.value)) { liberado.dataset.proprio = "sim"; }
    });
    folha.addEventListener("input", function (evento) {
      var item = evento.target.closest("[data-item]"), qual = evento.target.dataset.v;
      var grupo = evento.target.closest(".glosa");
      if (grupo && evento.target.value) { outraGlosa(grupo); }
      if (item && qual === "liberado") { evento.target.dataset.proprio = "sim"; }
      if (item && (qual === "glosa" || qual === "processado")) { seguir(item, qual); }
      somar();
    });
    folha.addEventListener("click", function (evento) {
      if (!evento.target.closest("[data-informado-do-item]")) { return; }
      evento.preventDefault();
      comoInformado(evento.target.closest("[data-item]"));
    });
    folha.addEventListener("keydown", function (evento) {
      if (evento.key === "Enter" && (evento.ctrlKey || evento.metaKey)) {
        evento.preventDefault();
        folha.requestSubmit(folha.querySelector("[data-seguir]"));
      }
    });
    var ruim = folha.querySelector("[aria-invalid], .erro");
    var primeiro = ruim && ruim.matches("input") ? ruim : (ruim || folha).closest("[data-item], form").querySelector('[data-v="processado"]');
    if (primeiro) { primeiro.focus(); }
  }

  // --- no telefone o menu começa fechado ---
  var menu = document.querySelector("[data-menu]");
  var estreita = window.matchMedia("(max-width: 760px)");
  function acertarMenu() { if (menu) { menu.open = !estreita.matches; } }
  estreita.addEventListener("change", acertarMenu);
  acertarMenu();

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
