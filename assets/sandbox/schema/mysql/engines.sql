-- Practice deployment: tables that the workflow and the scheduling engine make by themselves.
CREATE TABLE act_ge_property (
    name_ VARCHAR(64) NOT NULL PRIMARY KEY,
    value_ VARCHAR(300),
    rev_ INTEGER
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin;
CREATE TABLE act_re_deployment (
    id_ VARCHAR(64) NOT NULL PRIMARY KEY,
    name_ VARCHAR(255),
    category_ VARCHAR(255),
    tenant_id_ VARCHAR(255) DEFAULT '',
    deploy_time_ TIMESTAMP(3) NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin;
CREATE TABLE act_ge_bytearray (
    id_ VARCHAR(64) NOT NULL PRIMARY KEY,
    rev_ INTEGER,
    name_ VARCHAR(255),
    deployment_id_ VARCHAR(64),
    bytes_ LONGBLOB,
    generated_ BIT(1),
    CONSTRAINT act_ge_bytearray_fk FOREIGN KEY (deployment_id_) REFERENCES act_re_deployment (id_)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin;
CREATE TABLE act_ru_execution (
    id_ VARCHAR(64) NOT NULL PRIMARY KEY,
    rev_ INTEGER,
    proc_inst_id_ VARCHAR(64),
    business_key_ VARCHAR(255),
    parent_id_ VARCHAR(64),
    is_active_ BIT(1),
    start_time_ TIMESTAMP(3) NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin;
CREATE TABLE act_ru_variable (
    id_ VARCHAR(64) NOT NULL PRIMARY KEY,
    rev_ INTEGER,
    type_ VARCHAR(255) NOT NULL,
    name_ VARCHAR(255) NOT NULL,
    execution_id_ VARCHAR(64),
    double_ DOUBLE,
    long_ BIGINT,
    text_ VARCHAR(4000),
    CONSTRAINT act_ru_variable_fk FOREIGN KEY (execution_id_) REFERENCES act_ru_execution (id_)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin;
CREATE TABLE act_ru_timer_job (
    id_ VARCHAR(64) NOT NULL PRIMARY KEY,
    rev_ INTEGER,
    type_ VARCHAR(255) NOT NULL,
    execution_id_ VARCHAR(64),
    retries_ INTEGER,
    exception_msg_ VARCHAR(4000),
    duedate_ TIMESTAMP(3) NULL,
    repeat_ VARCHAR(255),
    CONSTRAINT act_ru_timer_job_fk FOREIGN KEY (execution_id_) REFERENCES act_ru_execution (id_)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin;
CREATE TABLE flw_event_definition (
    id_ VARCHAR(255) NOT NULL PRIMARY KEY,
    name_ VARCHAR(255),
    version_ INTEGER,
    key_ VARCHAR(255)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin;
CREATE TABLE qrtz_job_details (
    sched_name VARCHAR(120) NOT NULL,
    job_name VARCHAR(200) NOT NULL,
    job_group VARCHAR(200) NOT NULL,
    description VARCHAR(250),
    job_class_name VARCHAR(250) NOT NULL,
    is_durable BIT(1) NOT NULL,
    job_data LONGBLOB,
    PRIMARY KEY (sched_name, job_name, job_group)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin;
CREATE TABLE qrtz_triggers (
    sched_name VARCHAR(120) NOT NULL,
    trigger_name VARCHAR(200) NOT NULL,
    trigger_group VARCHAR(200) NOT NULL,
    job_name VARCHAR(200) NOT NULL,
    job_group VARCHAR(200) NOT NULL,
    next_fire_time BIGINT,
    trigger_state VARCHAR(16) NOT NULL,
    PRIMARY KEY (sched_name, trigger_name, trigger_group),
    FOREIGN KEY (sched_name, job_name, job_group) REFERENCES qrtz_job_details (sched_name, job_name, job_group)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin;
CREATE TABLE qrtz_locks (
    sched_name VARCHAR(120) NOT NULL,
    lock_name VARCHAR(40) NOT NULL,
    PRIMARY KEY (sched_name, lock_name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin;
CREATE INDEX act_idx_variable_execution ON act_ru_variable (execution_id_);
