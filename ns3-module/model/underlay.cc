/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "underlay.h"

namespace ns3
{
namespace murmuration
{

NS_OBJECT_ENSURE_REGISTERED(Underlay);

TypeId
Underlay::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::murmuration::Underlay").SetParent<Object>().SetGroupName("Murmuration");
    return tid;
}

Underlay::Underlay() = default;

Underlay::~Underlay() = default;

} // namespace murmuration
} // namespace ns3
