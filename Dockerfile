# As dependências são conferidas pelo hash ao virar rodas, e só dessas rodas se instala: o pip não
# conferiria o hash das que o projeto puxa por si.
FROM python:3.11-slim-bookworm AS montagem
WORKDIR /montagem
COPY requirements.lock ./
RUN pip wheel --no-cache-dir --require-hashes --wheel-dir rodas -r requirements.lock
COPY pyproject.toml README.md LICENSE projeto/
COPY dominio projeto/dominio
COPY tiss_xsd projeto/tiss_xsd
COPY wsdl projeto/wsdl
COPY mensagem projeto/mensagem
COPY persistence projeto/persistence
COPY handlers projeto/handlers
COPY backoffice projeto/backoffice
COPY prestador projeto/prestador
COPY gateway projeto/gateway
RUN python -m venv /opt/tiss-gateway \
    && /opt/tiss-gateway/bin/pip install --no-cache-dir --no-index --find-links rodas './projeto[s3]'

FROM python:3.11-slim-bookworm
COPY --from=montagem /opt/tiss-gateway /opt/tiss-gateway
# os dados ficam em dados/ sob esta pasta, que é a de trabalho
RUN useradd --system --uid 10001 --home-dir /var/lib/tiss-gateway --create-home tiss
ENV PATH=/opt/tiss-gateway/bin:$PATH \
    TISS_GATEWAY_SERVER__HOST=0.0.0.0
WORKDIR /var/lib/tiss-gateway
VOLUME /var/lib/tiss-gateway
USER tiss
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health/ready', timeout=4)"]
# escutar fora de loopback exige dizer por quê: TISS_GATEWAY_SERVER__TRUSTED_PROXIES ou
# TISS_GATEWAY_SERVER__ALLOW_PLAIN_HTTP
ENTRYPOINT ["tiss-gateway"]
CMD ["serve"]
