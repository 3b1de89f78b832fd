"""Os impressos: do valor de um demonstrativo ou de um lote a uma folha em HTML ou PDF."""
