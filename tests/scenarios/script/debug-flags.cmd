REM Flags of the boot manager
bcdedit /store <OS DISK LETTER>:\boot\bcd /set {bootmgr} default {<IDENTIFIER OF THE WINDOWS BOOT LOADER>}
bcdedit /store <OS DISK LETTER>:\boot\bcd /set {bootmgr} nointegritychecks on
bcdedit /store <OS DISK LETTER>:\boot\bcd /set {bootmgr} integrityservices disable

REM Flags of the loader
bcdedit /store <OS DISK LETTER>:\boot\bcd /set {default} bootlog yes
bcdedit /store <OS DISK LETTER>:\boot\bcd /set {default} bootstatuspolicy displayallfailures
bcdedit /store <OS DISK LETTER>:\boot\bcd /set {default} nointegritychecks on
bcdedit /store <OS DISK LETTER>:\boot\bcd /set {default} testsigning off
bcdedit /store <OS DISK LETTER>:\boot\bcd /set {default} recoveryenabled no
bcdedit /store <OS DISK LETTER>:\boot\bcd /set {default} integrityservices disable
