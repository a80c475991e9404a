# One image for the five services and the migration job; docker-compose.yml says which is which.
FROM python:3.13-slim
WORKDIR /opt/fupin
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock
COPY alembic.ini pyproject.toml LICENSE ./
COPY alembic alembic
COPY fupin fupin
COPY services services
COPY fujin fujin
ENV PYTHONPATH=/opt/fupin PYTHONUTF8=1 PYTHONUNBUFFERED=1 FUPIN_HOME=/var/lib/fupin
RUN useradd --system --home-dir /var/lib/fupin --create-home fupin \
    && printf '#!/bin/sh\nexec python -P -m fupin.cli "$@"\n' >/usr/local/bin/fupin && chmod 755 /usr/local/bin/fupin
USER fupin
VOLUME /var/lib/fupin
CMD ["fupin", "--help"]
