/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

// The tests of the module outside of an ns-3 source tree, which has a runner of its own.

#include "ns3/test.h"

int
main(int argc, char* argv[])
{
    return ns3::TestRunner::Run(argc, argv);
}
