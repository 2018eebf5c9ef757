/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "packet-trace-helper.h"

#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4.h"
#include "ns3/log.h"
#include "ns3/loopback-net-device.h"
#include "ns3/node.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/point-to-point-net-device.h"
#include "ns3/queue.h"
#include "ns3/wan-net-device.h"

#include <sstream>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationPacketTraceHelper");

namespace
{

/**
 * Find the IPv4 interface of a device.
 * @param device the device
 * @return the stack of its node and the interface's number; the number is negative if there is none
 */
std::pair<Ptr<Ipv4>, int32_t>
FindInterface(Ptr<NetDevice> device)
{
    const Ptr<Ipv4> ipv4 = device->GetNode()->GetObject<Ipv4>();
    return {ipv4, ipv4 ? ipv4->GetInterfaceForDevice(device) : -1};
}

/**
 * Hook the ASCII trace of a device: what waits for the uplink (+), starts on it (-) or finds no
 * room (d), what the downlink loses (d) and delivers (r).
 * @param device the device
 * @param stream where lines go
 * @param context begins each line's path; empty if the stream is of this device alone
 */
void
TraceWanDevice(Ptr<WanNetDevice> device,
               Ptr<OutputStreamWrapper> stream,
               const std::string& context)
{
    AsciiTraceHelper ascii;
    const Ptr<Queue<Packet>> up = device->GetUpQueue();
    const Ptr<Queue<Packet>> down = device->GetDownQueue();
    if (context.empty())
    {
        ascii.HookDefaultEnqueueSinkWithoutContext(up, "Enqueue", stream);
        ascii.HookDefaultDequeueSinkWithoutContext(up, "Dequeue", stream);
        ascii.HookDefaultDropSinkWithoutContext(up, "Drop", stream);
        ascii.HookDefaultDropSinkWithoutContext(device, "PhyTxDrop", stream);
        ascii.HookDefaultDropSinkWithoutContext(device, "PhyRxDrop", stream);
        ascii.HookDefaultReceiveSinkWithoutContext(device, "MacRx", stream);
        return;
    }
    ascii.HookDefaultEnqueueSinkWithContext(up, context + "UpQueue/Enqueue", "Enqueue", stream);
    ascii.HookDefaultDequeueSinkWithContext(up, context + "UpQueue/Dequeue", "Dequeue", stream);
    ascii.HookDefaultDropSinkWithContext(up, context + "UpQueue/Drop", "Drop", stream);
    ascii.HookDefaultDropSinkWithContext(device, context + "PhyTxDrop", "PhyTxDrop", stream);
    ascii.HookDefaultDropSinkWithContext(device, context + "PhyRxDrop", "PhyRxDrop", stream);
    ascii.HookDefaultReceiveSinkWithContext(device, context + "MacRx", "MacRx", stream);
}

} // namespace

void
PacketTraceHelper::EnablePcapInternal(std::string prefix,
                                      Ptr<NetDevice> device,
                                      bool promiscuous,
                                      bool explicitFilename)
{
    NS_LOG_FUNCTION(prefix << device << promiscuous << explicitFilename);
    if (DynamicCast<PointToPointNetDevice>(device))
    {
        PointToPointHelper().EnablePcap(prefix, device, promiscuous, explicitFilename);
        return;
    }
    if (const auto wan = DynamicCast<WanNetDevice>(device))
    {
        PcapHelper pcap;
        const std::string name =
            explicitFilename ? prefix : pcap.GetFilenameFromDevice(prefix, device);
        pcap.HookDefaultSink(wan,
                             "Sniffer",
                             pcap.CreateFile(name, std::ios::out, PcapHelper::DLT_RAW));
        return;
    }
    if (DynamicCast<LoopbackNetDevice>(device))
    {
        return; // nothing goes over it
    }
    if (const auto [ipv4, interface] = FindInterface(device); interface >= 0)
    {
        InternetStackHelper().EnablePcapIpv4(prefix, ipv4, interface, explicitFilename);
        return;
    }
    NS_LOG_INFO("no IPv4 on device " << device << ", which is not recorded");
}

void
PacketTraceHelper::EnableAsciiInternal(Ptr<OutputStreamWrapper> stream,
                                       std::string prefix,
                                       Ptr<NetDevice> device,
                                       bool explicitFilename)
{
    NS_LOG_FUNCTION(stream << prefix << device << explicitFilename);
    if (DynamicCast<PointToPointNetDevice>(device))
    {
        if (stream)
        {
            PointToPointHelper().EnableAscii(stream, device);
        }
        else
        {
            PointToPointHelper().EnableAscii(prefix, device, explicitFilename);
        }
        return;
    }
    if (const auto wan = DynamicCast<WanNetDevice>(device))
    {
        // Lines can be printed, with their headers, only if packets keep what they are made of.
        Packet::EnablePrinting();
        std::ostringstream context;
        if (stream)
        {
            context << "/NodeList/" << device->GetNode()->GetId() << "/DeviceList/"
                    << device->GetIfIndex() << "/$ns3::murmuration::WanNetDevice/";
        }
        else
        {
            AsciiTraceHelper ascii;
            stream = ascii.CreateFileStream(
                explicitFilename ? prefix : ascii.GetFilenameFromDevice(prefix, device));
        }
        TraceWanDevice(wan, stream, context.str());
        return;
    }
    if (const auto [ipv4, interface] = FindInterface(device); interface >= 0)
    {
        if (stream)
        {
            InternetStackHelper().EnableAsciiIpv4(stream, ipv4, interface);
        }
        else
        {
            InternetStackHelper().EnableAsciiIpv4(prefix, ipv4, interface, explicitFilename);
        }
        return;
    }
    NS_LOG_INFO("no IPv4 on device " << device << ", which is not recorded");
}

} // namespace murmuration
} // namespace ns3
