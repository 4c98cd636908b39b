// SPDX-License-Identifier: Apache-2.0
#include "userspace/wire/event.h"

#include <utility>

namespace reloadtrace {

Event::Event() = default;
Event::Event(const Event& other) = default;
Event::Event(Event&& other) noexcept = default;
Event& Event::operator=(const Event& other) = default;
Event& Event::operator=(Event&& other) noexcept = default;
Event::~Event() = default;

template <KindOfEvent T>
Event::Event(T one) : AnyEvent(std::move(one)) {}

template Event::Event(OpenEvent);
template Event::Event(WriteOpenEvent);
template Event::Event(ReadEvent);
template Event::Event(MapEvent);
template Event::Event(OpenFailedEvent);
template Event::Event(RenameEvent);
template Event::Event(SymlinkEvent);
template Event::Event(WriteClosedEvent);
template Event::Event(WatchAddEvent);
template Event::Event(WatchRemoveEvent);
template Event::Event(NotifyEvent);
template Event::Event(ForkEvent);
template Event::Event(ExecEvent);
template Event::Event(ExitEvent);
template Event::Event(PollEvent);
template Event::Event(SignalEvent);
template Event::Event(HttpEvent);
template Event::Event(WatchFailedEvent);
template Event::Event(FanotifyMarkEvent);
template Event::Event(FanotifyEvent);
template Event::Event(CgroupCreatedEvent);
template Event::Event(CgroupRemovedEvent);
template Event::Event(MountEvent);
template Event::Event(SessionFact);
template Event::Event(VolumeFact);
template Event::Event(VolumeGoneFact);
template Event::Event(ContainerFact);
template Event::Event(ContainerGoneFact);
template Event::Event(ProcessFact);
template Event::Event(PublishFact);
template Event::Event(WatchFact);
template Event::Event(HeldFact);
template Event::Event(InspectedFact);
template Event::Event(OpenFailedFact);
template Event::Event(PollFact);
template Event::Event(WatchFailedFact);
template Event::Event(ProgramFact);
template Event::Event(LossFact);
template Event::Event(ShedFact);
template Event::Event(ReadyFact);
template Event::Event(EndFact);

}  // namespace reloadtrace
