# One image for every service of docker-compose.yml: the locked packages, then the project.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    DO_NOT_TRACK=1 \
    AIRFLOW_HOME=/opt/airflow \
    CROSSDOCK_PROJECT=/opt/crossdock \
    CROSSDOCK_HOME=/var/lib/crossdock

WORKDIR /opt/crossdock
COPY requirements-bootstrap.txt requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements-bootstrap.txt \
    && uv pip install --system --no-cache --compile-bytecode --require-hashes -r requirements.txt

COPY . .
RUN uv pip install --system --no-cache --no-deps --no-build-isolation -e . \
    && useradd --uid 50000 --gid 0 --home-dir /opt/airflow --create-home airflow \
    && mkdir -p /var/lib/crossdock \
    && chown -R airflow:0 /opt/airflow /var/lib/crossdock

USER airflow
CMD ["crossdock", "--help"]
