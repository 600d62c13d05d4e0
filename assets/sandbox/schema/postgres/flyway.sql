CREATE TABLE "DATABASE_CHANGE_LOG" (
    installed_rank INTEGER NOT NULL,
    version VARCHAR(50),
    description VARCHAR(200) NOT NULL,
    type VARCHAR(20) NOT NULL,
    script VARCHAR(1000) NOT NULL,
    checksum INTEGER,
    installed_by VARCHAR(100) NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT now(),
    execution_time INTEGER NOT NULL,
    success BOOLEAN NOT NULL,
    CONSTRAINT "DATABASE_CHANGE_LOG_pk" PRIMARY KEY (installed_rank)
);
CREATE INDEX "DATABASE_CHANGE_LOG_s_idx" ON "DATABASE_CHANGE_LOG" (success);
