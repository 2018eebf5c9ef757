#!/bin/sh
# The walls between the rooms: who may include what.  Usage: rooms.sh REPOSITORY
cd "$1" || exit 2
bad=0
ban() {
    room=$1
    shift
    [ $# -gt 0 ] || return
    if grep -rnE "#include [<\"]($(echo "$*" | tr ' ' '|'))" "$room" --include='*.h' --include='*.cc'; then
        echo "^ $room may not include these"
        bad=1
    fi
}
ban topologies ns3/ torch/ ATen/ c10/ learning/ emulator/ scenarios/ tests/
ban learning ns3/ boost/graph topologies/ emulator/ scenarios/ tests/
ban ns3-module torch/ ATen/ c10/ boost/ fmt/ learning/ topologies/ emulator/ scenarios/ tests/
# Text of options and files, which every room reads and which knows none of them.
ban tools/text ns3/ torch/ ATen/ c10/ boost/ topologies/ learning/ emulator/ scenarios/ tests/
ban emulator scenarios/ tools/replay/ tools/sweep/ examples/ tests/
# The layers of the emulator: each reads those before it alone, and the report result files alone.
layers="base ranks tasks network nodes protocols record run"
above="$layers"
for layer in $layers; do
    above=${above#"$layer"}
    above=${above# }
    ban emulator/$layer $(echo "$above" | sed -E 's#([a-z]+)#emulator/\1/#g')
done
for layer in ranks tasks network nodes protocols run; do
    ban emulator/report emulator/$layer/
done
# Of record/ it takes the tables alone: the names of the columns that it reads.
if grep -rnE '#include "emulator/record/' emulator/report | grep -v '_tables\.h"'; then
    echo "^ of record/ the report may include the tables alone"
    bad=1
fi
for layer in base ranks tasks network nodes protocols record; do
    ban emulator/$layer emulator/report/
done
# Who runs an experiment makes its page; the experiment itself does not.
if grep -nE '#include "emulator/report/' emulator/run/experiment* emulator/run/simulation*; then
    echo "^ an experiment does not call the report"
    bad=1
fi
ban scenarios torch/ tools/ tests/ examples/
ban tools scenarios/ tests/ examples/
# ns-3's umbrella headers do not compile as C++20; doctest has one wrapper.
if grep -rnE '#include [<"]ns3/([a-z0-9-]*-module|core-config)\.h' --include='*.h' --include='*.cc' .; then
    echo "^ exact ns-3 headers, please"
    bad=1
fi
if grep -rnE '#include [<"]doctest/' --include='*.h' --include='*.cc' . | grep -v 'tests/support/doctest.h'; then
    echo "^ include tests/support/doctest.h instead"
    bad=1
fi
# <torch/torch.h> costs 9 seconds and 1 GB per file: sources of learning/ alone, and their tests.
if grep -rnE '#include [<"]torch/torch.h' --include='*.h' . ||
   grep -rnE '#include [<"]torch/torch.h' --include='*.cc' . | grep -vE '^\./(learning|tests)/'; then
    echo "^ torch/torch.h belongs into sources of learning/"
    bad=1
fi
exit $bad
