#!/bin/bash
# steps.sh LOGS MAKE STEP...: runs each step with MAKE, keeps its output in LOGS/STEP.log, goes on after a
# failure, and ends with a table and one line that says how many tests passed and failed in all.
set -u
logs=$1 make=$2
shift 2
failed_steps=0
for step; do
    begin=$(date +%s)
    echo "== $step"
    # Each step is its own make: what one has exported does not reach another.
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKE_TERMOUT -u MAKE_TERMERR "$make" --no-print-directory "$step" > "$logs/$step.log" 2>&1 < /dev/null
    status=$?
    seconds=$(( $(date +%s) - begin ))
    if [ $status -ne 0 ]; then
        failed_steps=$((failed_steps + 1))
        tail -n 60 "$logs/$step.log"
        echo "== $step FAILED (status $status, $seconds s)"
    else
        grep -hE '^(test result:|sub-tests passed|[0-9]+ passed, |seed )|skipped' "$logs/$step.log" | tail -n 20
        echo "== $step ok ($seconds s)"
    fi
done
awk '
    /^test result:/ { for (i = 1; i <= NF; i++) { if ($(i+1) ~ /^passed/) p += $i; if ($(i+1) ~ /^failed/) f += $i; if ($(i+1) ~ /^ignored/) s += $i } }
    /^sub-tests passed [0-9]+ of [0-9]+$/ { p += $3; f += $5 - $3 }
    /^[0-9]+ passed, [0-9]+ failed/ { p += $1; f += $3; if ($6 ~ /^skipped/) s += $5 }
    END { printf "%d %d %d\n", p, f, s }' "$logs"/*.log > "$logs/counts"
read -r passed failed skipped < "$logs/counts"
[ "$failed_steps" -gt 0 ] && echo "$failed_steps steps failed"
echo "$passed passed, $((failed + failed_steps)) failed, $skipped skipped"
[ "$failed_steps" -eq 0 ] && [ "$passed" -gt 0 ]
