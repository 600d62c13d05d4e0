#!/bin/bash
# Practice deployment: the run file of a supervised server. Whatever `current` points to is started,
# and started again as soon as it ends.
exec 2>&1
exec "@FOLDER@/current/bin/openmetadata-server-start.sh" conf/openmetadata.yaml
