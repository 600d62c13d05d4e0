#!/bin/bash
# Practice deployment: environment of the server. Put your exports here.
