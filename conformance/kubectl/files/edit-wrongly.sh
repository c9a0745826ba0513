#!/bin/sh
sed -i "s/replicas: 3/replicas: -3/" "$1"
