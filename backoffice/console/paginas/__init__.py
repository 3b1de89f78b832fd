"""As páginas, um módulo por área; cada um tem uma variável ``area`` com o que declara."""
