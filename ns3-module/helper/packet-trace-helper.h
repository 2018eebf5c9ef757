/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_PACKET_TRACE_HELPER_H
#define MURMURATION_PACKET_TRACE_HELPER_H

#include "ns3/trace-helper.h"

#include <string>

namespace ns3
{
namespace murmuration
{

/**
 * @brief Writes pcap files and ASCII traces of the devices that the helpers of this module make: as
 * ns-3's own helpers do, from packets as they are on the link.
 *
 *     PacketTraceHelper().EnablePcapAll("results/node");
 *
 * A WanNetDevice carries bare IPv4 packets (pcap's DLT_RAW); each is recorded when it starts on the
 * uplink, and when it has left the downlink. A PointToPointNetDevice is what ns-3's
 * PointToPointHelper makes of it. Of any other device with IPv4 the packets are recorded where they
 * enter and leave IPv4, before its queue, and of one without nothing is.
 */
class PacketTraceHelper : public PcapHelperForDevice, public AsciiTraceHelperForDevice
{
  private:
    void EnablePcapInternal(std::string prefix,
                            Ptr<NetDevice> device,
                            bool promiscuous,
                            bool explicitFilename) override;
    void EnableAsciiInternal(Ptr<OutputStreamWrapper> stream,
                             std::string prefix,
                             Ptr<NetDevice> device,
                             bool explicitFilename) override;
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_TRACE_HELPER_H */
