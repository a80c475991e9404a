# One image for the five services and the migration job; docker-compose.yml says which is which.
FROM python:3.13-slim AS build
RUN python -m venv /opt/venv
COPY requirements.lock /tmp/
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /tmp/requirements.lock
WORKDIR /opt/fupin
COPY alembic.ini pyproject.toml LICENSE ./
COPY alembic alembic
COPY fupin fupin
COPY services services
COPY fujin fujin
COPY docs/guides docs/guides
COPY docs/events.md docs/changelog.md docs/
# compiled here, since the running container writes nowhere but in its home and /tmp
RUN /opt/venv/bin/python -m compileall -q fupin services fujin alembic \
    && printf '#!/bin/sh\nexec python -P -m fupin.cli "$@"\n' >/opt/venv/bin/fupin && chmod 755 /opt/venv/bin/fupin

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/fupin --create-home fupin && chmod 700 /var/lib/fupin
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/fupin /opt/fupin
WORKDIR /opt/fupin
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/opt/fupin PYTHONUTF8=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    FUPIN_HOME=/var/lib/fupin
USER 10001
VOLUME /var/lib/fupin
CMD ["fupin", "--help"]
