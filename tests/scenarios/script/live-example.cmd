REM Stand-ins for what the article's machine has: drivers, and catalogs of packages
cd /d C:\Windows\System32\drivers
if not exist BasicDisplay.sys echo BasicDisplay> BasicDisplay.sys
if not exist BasicRender.sys echo BasicRender> BasicRender.sys
if not exist cdrom.sys echo cdrom> cdrom.sys
if not exist CmBatt.sys echo CmBatt> CmBatt.sys
if not exist CompositeBus.sys echo CompositeBus> CompositeBus.sys
if not exist fdc.sys echo fdc> fdc.sys
if not exist flpydisk.sys echo flpydisk> flpydisk.sys
if not exist i8042prt.sys echo i8042prt> i8042prt.sys
if not exist intelppm.sys echo intelppm> intelppm.sys
if not exist kdnic.sys echo kdnic> kdnic.sys
if not exist monitor.sys echo monitor> monitor.sys
if not exist NdisVirtualBus.sys echo NdisVirtualBus> NdisVirtualBus.sys
if not exist rdpbus.sys echo rdpbus> rdpbus.sys
if not exist umbus.sys echo umbus> umbus.sys
if not exist vmgencounter.sys echo vmgencounter> vmgencounter.sys
if not exist WUDFRd.sys echo WUDFRd> WUDFRd.sys
md C:\sys
echo BasicDisplay of another machine> C:\sys\BasicDisplay.sys
echo BasicRender of another machine> C:\sys\BasicRender.sys
echo cdrom of another machine> C:\sys\cdrom.sys
echo CmBatt of another machine> C:\sys\CmBatt.sys
echo CompositeBus of another machine> C:\sys\CompositeBus.sys
echo fdc of another machine> C:\sys\fdc.sys
echo flpydisk of another machine> C:\sys\flpydisk.sys
echo i8042prt of another machine> C:\sys\i8042prt.sys
echo intelppm of another machine> C:\sys\intelppm.sys
echo kdnic of another machine> C:\sys\kdnic.sys
echo monitor of another machine> C:\sys\monitor.sys
echo NdisVirtualBus of another machine> C:\sys\NdisVirtualBus.sys
echo rdpbus of another machine> C:\sys\rdpbus.sys
echo umbus of another machine> C:\sys\umbus.sys
echo vmgencounter of another machine> C:\sys\vmgencounter.sys
echo WUDFRd of another machine> C:\sys\WUDFRd.sys
md C:\Windows\servicing\Packages
echo catalog one> C:\Windows\servicing\Packages\Package_1.cat
echo catalog two> C:\Windows\servicing\Packages\Package_2.CAT
echo no catalog> C:\Windows\servicing\Packages\Package_1.mum

REM The article's commands
bcdedit.exe /set nointegritychecks on
bcdedit /set {default} advancedoptions true
psexec.exe -s -i cmd.exe
whoami
ren BasicDisplay.sys old_BasicDisplay.sys
ren BasicRender.sys old_BasicRender.sys
ren cdrom.sys old_cdrom.sys
ren CmBatt.sys old_CmBatt.sys
ren CompositeBus.sys old_CompositeBus.sys
ren fdc.sys old_fdc.sys
ren flpydisk.sys old_flpydisk.sys
ren i8042prt.sys old_i8042prt.sys
ren intelppm.sys old_intelppm.sys
ren kdnic.sys old_kdnic.sys
ren monitor.sys old_monitor.sys
ren NdisVirtualBus.sys old_NdisVirtualBus.sys
ren rdpbus.sys old_rdpbus.sys
ren umbus.sys old_umbus.sys
ren vmgencounter.sys old_vmgencounter.sys
ren WUDFRd.sys old_WUDFRd.sys
copy C:\sys\*.sys C:\Windows\System32\drivers
sfc /scannow
DISM /Online /Cleanup-Image /RestoreHealth
DISM /online /Cleanup-Image /CheckHealth
bcdedit /enum
xcopy C:\Windows\servicing\Packages\*.Cat C:\Windows\System32\CatRoot\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}
bcdedit /set advancedoptions no
bcdedit /set nointegritychecks No
