CREATE TABLE `DATABASE_CHANGE_LOG` (
    `installed_rank` INT NOT NULL,
    `version` VARCHAR(50),
    `description` VARCHAR(200) NOT NULL,
    `type` VARCHAR(20) NOT NULL,
    `script` VARCHAR(1000) NOT NULL,
    `checksum` INT,
    `installed_by` VARCHAR(100) NOT NULL,
    `installed_on` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    `execution_time` INT NOT NULL,
    `success` BOOL NOT NULL,
    CONSTRAINT `DATABASE_CHANGE_LOG_pk` PRIMARY KEY (`installed_rank`)
) ENGINE = InnoDB;
CREATE INDEX `DATABASE_CHANGE_LOG_s_idx` ON `DATABASE_CHANGE_LOG` (`success`);
